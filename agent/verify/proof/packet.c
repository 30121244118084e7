// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What may be read of the packet: bytes 0 and 6 of the network header, bytes 4
 * to 7 and 12 to 13 of the TCP header, and payload. The TCP header is found only through
 * the checked version, IHL and next header; payload only through the checked data offset.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "verify/proof/engine.h"

/* Bytes of the network header that may be read, one at a time. */
#define VERSION_AT 0
#define NEXT_AT 6 /* the next header, of IPv6 */
#define DOFF_AT 12 /* the data offset, from the TCP header on */
#define FLOW_END 8 /* a flow label, a packet's number, a hop limit lie before */
#define IPV6_HEADER 40
#define TCP_HEADER 20
#define READ_MAX 65536

/* Where the TCP header begins in this case of packet, and where the payload; -1: not known. */
struct layout {
	int transport, payload;
	const char *why; /* it is not known */
};

static bool is_tcp(const struct facts *f)
{
	struct scalar protocol;

	/* 6 is TCP, 262 is MPTCP. */
	return f->tcp_sock || (facts_know(f, FACT_PROTOCOL, &protocol) &&
			       scalar_is_const(&protocol) && protocol.lo % 256 == 6);
}

static struct layout layout_of(const struct facts *f)
{
	struct layout l = {.transport = -1, .payload = -1};
	struct scalar first, next, doff;
	int version = 0;

	if (facts_know(f, FACT_FIRST, &first) && first.lo >> 4 == first.hi >> 4)
		version = first.lo >> 4;
	if (!is_tcp(f))
		l.why = "the socket's protocol was not checked to be TCP";
	else if (version == 4 && (first.lo & 15) < 5)
		l.why = "IHL was not checked to be 5 or more: the offset could reach back";
	else if (version == 4)
		l.transport = (first.lo & 15) * 4;
	else if (version != 6)
		l.why = "the IP version was not checked: the offset means nothing";
	else if (!facts_know(f, FACT_NEXT, &next) || next.lo != 6 || next.hi != 6)
		l.why = "IPv6's next header was not checked to be TCP: the offset could point "
			"anywhere into extension headers";
	else
		l.transport = IPV6_HEADER;
	if (l.transport < 0 || !facts_know(f, FACT_DOFF, &doff))
		return l;
	if (doff.lo / 16 * 4 < TCP_HEADER)
		l.why = "the data offset was not checked to be 5 or more: the offset could reach "
			"back into the header";
	else
		l.payload = l.transport + doff.lo / 16 * 4;
	return l;
}

/* Why bytes lo..hi of the TCP header may not be read; NULL: they may. */
static const char *why_header(__u64 lo, __u64 hi)
{
	static const struct {
		unsigned int first, last;
		const char *says;
	} forbidden[] = {
		{0, 1, "the source port"},
		{8, 11, "the acknowledgement number, from which a SYN cookie can be told"},
		{16, 17, "the checksum, which is computed from the addresses"},
		{2, 3, "the destination port"},
		{14, 15, "the window, which is not allowed"},
		{18, 19, "the urgent pointer, which is not allowed"},
		{20, UINT32_MAX,
		 "TCP options (a fast open cookie is computed from the address): "
		 "payload must be found by a checked data offset"},
	};

	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		if (lo <= forbidden[i].last && hi >= forbidden[i].first)
			return forbidden[i].says;
	return NULL;
}

/* What lies in these bytes of the network header. */
static const char *why_network(__u64 lo, __u64 hi)
{
	if (lo < 24 && hi >= FLOW_END)
		return " (the source address lies in 8 to 23)";
	return hi < FLOW_END ? " (a flow label is often computed from the addresses)" : "";
}

enum fact packet_fact(const struct state *s, const struct scalar *at)
{
	struct layout l = layout_of(&s->facts);

	if (!scalar_is_const(at))
		return FACTS;
	if (at->lo == VERSION_AT)
		return FACT_FIRST;
	if (at->lo == NEXT_AT)
		return FACT_NEXT;
	return l.transport >= 0 && at->lo == (__u64)l.transport + DOFF_AT ? FACT_DOFF : FACTS;
}

/* Why the bytes from at->lo to at->hi + size - 1 may not be read; empty: they may. */
static void judge(const struct facts *f, const struct scalar *at, const struct scalar *size,
		  char *why, size_t room, bool *payload)
{
	struct layout l = layout_of(f);
	__u64 lo = at->lo, hi = at->hi;

	if (size->hi > READ_MAX) {
		snprintf(why, room, "a length that has no bound");
		return;
	}
	if (hi > UINT32_MAX) {
		snprintf(why, room,
			 "the offset has no bound that could be proved, and might wrap "
			 "around to the header");
		return;
	}
	hi += size->hi - 1;
	*payload = l.payload >= 0 && lo >= (__u64)l.payload;
	if (*payload || (lo == hi && (lo == VERSION_AT || lo == NEXT_AT)))
		return;
	if (l.transport >= 0 && lo >= (__u64)l.transport) {
		const char *says = why_header(lo - l.transport, hi - l.transport);

		if (l.payload >= 0 && at->lo != at->hi)
			says = "the offset could reach back from the payload into the TCP header";
		if (says)
			snprintf(why, room, "bytes %llu to %llu from the TCP header on: %s%s%s",
				 lo - l.transport, hi - l.transport, says, l.why ? "; " : "",
				 l.why ?: "");
	} else if (at->lo == at->hi) {
		snprintf(why, room,
			 "bytes %llu to %llu of the packet, where only byte 0, byte 6 and what is "
			 "found by checked header lengths may be read%s%s%s",
			 lo, hi, why_network(lo, hi), l.why ? "; " : "", l.why ?: "");
	} else {
		snprintf(why, room,
			 "bytes %llu to %llu of the packet, by an offset that does not follow from "
			 "checked header lengths (the source address lies in 8 to 23)%s%s",
			 lo, hi, l.why ? "; " : "", l.why ?: "");
	}
}

bool packet_check(struct engine *e, int insn, const struct state *s, const struct scalar *at,
		  const struct scalar *size, bool *payload)
{
	char why[256] = "";

	if (!size->hi)
		return true;
	if (e->policy->reads_packet)
		judge(&s->facts, at, size, why, sizeof(why), payload);
	else
		snprintf(why, sizeof(why), "programs of this type may read none");
	if (*why)
		engine_find(e, insn, PROOF_PACKET,
			    "packet bytes that are not allowed could be read: %s", why);
	return !*why;
}

/* A header byte that was loaded to the stack. */
static void put_byte(struct engine *e, int insn, struct state *s, const struct value *v)
{
	struct value at = s->reg[BPF_REG_3], zero = value_scalar(scalar_const(0));

	(void)insn;
	if (at.kind == VALUE_STACK && scalar_is_const(&at.scalar) &&
	    !state_store(s, at.ref, (int)at.scalar.lo, 1, v))
		e->exhausted = true;
	engine_return(s, zero);
}

/* Payload goes to a map's value, and there into one array that has room for all of it. */
static void put_payload(struct engine *e, int insn, const struct value *to,
			const struct scalar *size)
{
	struct object_array array;

	if (to->kind != VALUE_MAP_VALUE) {
		engine_find(e, insn, PROOF_PAYLOAD,
			    "payload could go elsewhere than into a map's array: the reader may "
			    "not have it itself");
		return;
	}
	if (to->scalar.hi > UINT32_MAX ||
	    !object_array_at(e->object, to->ref, to->scalar.lo, to->scalar.hi + size->hi, &array)) {
		engine_find(
			e, insn, PROOF_PAYLOAD,
			"payload could land in map %s outside of one array of bytes (bytes %llu "
			"to %llu of its value)",
			e->object->map[to->ref].name, to->scalar.lo, to->scalar.hi + size->hi - 1);
		return;
	}
	if (proof_add_payload(e->proof, e->object, to->ref, &array))
		e->exhausted = true;
}

void packet_load_bytes(struct engine *e, int insn, struct state *s)
{
	struct value skb = engine_use(e, insn, s, BPF_REG_1);
	struct value at = engine_use(e, insn, s, BPF_REG_2);
	struct value to = engine_use(e, insn, s, BPF_REG_3);
	struct value length = engine_use(e, insn, s, BPF_REG_4);
	struct scalar size = scalar_truncate(&length.scalar, 32),
		      from = scalar_truncate(&at.scalar, 32);
	enum fact fact = packet_fact(s, &from);
	struct state failed;
	bool payload = false;
	struct scalar below;

	if (skb.kind != VALUE_CTX || at.kind != VALUE_SCALAR || length.kind != VALUE_SCALAR)
		engine_find(e, insn, PROOF_UNKNOWN,
			    "cannot prove: the packet, the offset or the length of a read is not "
			    "certain");
	else if (packet_check(e, insn, s, &from, &size, &payload) && payload)
		put_payload(e, insn, &to, &size);
	if (!payload || to.kind == VALUE_STACK)
		engine_overwrites(e, insn, s, &to, size.hi, scalar_is_const(&size));
	state_copy(&failed, s);
	engine_return(&failed, value_scalar(scalar_range(-4095ULL, -1ULL)));
	engine_fork(e, insn + 1, &failed);
	/* What was read lies in the packet, whose length has a bound. */
	below = scalar_range(0, POLICY_MAX_LENGTH - 1);
	if (at.kind == VALUE_SCALAR && at.scalar.hi <= UINT32_MAX && size.lo)
		engine_settle(s, BPF_REG_2, &below);
	if (fact != FACTS && scalar_is_const(&size) && size.lo)
		engine_split(e, insn, s, fact, 1, put_byte);
	else
		engine_return(s, value_scalar(scalar_const(0)));
}
