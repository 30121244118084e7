// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What may be read of the packet: bytes 0 and 6 of the network header, bytes 4
 * to 7 and 12 to 13 of the TCP header, and payload. The TCP header is found only through
 * the checked version, IHL and next header; payload only through the checked data offset.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <linux/in.h>

#include "engine.h"

/* Bytes of the network header that may be read, one at a time. */
#define VERSION_AT 0
#define NEXT_AT 6 /* the next header, of IPv6 */
#define FLOW_END 8 /* a flow label, a packet's number, a hop limit lie before */
#define IPV6_HEADER 40
#define TCP_HEADER 20
#define READ_MAX 65536
#define SMALL (1LL << 40)

/* Why a read is refused; empty: it is not. */
struct verdict {
	char why[200];
};

static void refuse(struct verdict *v, const char *why)
{
	if (!v->why[0])
		snprintf(v->why, sizeof(v->why), "%s", why);
}

/* Where the TCP header begins, by the packet's first byte; -1: there is no telling. */
static int transport_of(const struct facts *f, unsigned int first, struct verdict *verdict)
{
	if (first >> 4 == 4 && (first & 15) >= 5)
		return (first & 15) * 4;
	if (first >> 4 == 4) {
		refuse(verdict, "IHL was not checked to be 5 or more: the offset could reach back");
		return -1;
	}
	if (first >> 4 != 6) {
		refuse(verdict, "the IP version was not checked: the offset means nothing");
		return -1;
	}
	for (unsigned int next = 0; next < HEADER_VALUES; next++) {
		if (next != IPPROTO_TCP && facts_next(f, next)) {
			refuse(verdict, "IPv6's next header was not checked to be TCP: the offset "
					"could point anywhere into extension headers");
			return -1;
		}
	}
	return IPV6_HEADER;
}

/* Bytes lo..hi of the TCP header, as an offset that does not use the data offset. */
static void check_header_read(__s64 lo, __s64 hi, struct verdict *v)
{
	static const struct {
		int first, last;
		const char *says;
	} forbidden[] = {
		{INT32_MIN, -1, "bytes before the TCP header, where addresses lie"},
		{0, 1, "the source port"},
		{8, 11, "the acknowledgement number, from which a SYN cookie can be told"},
		{16, 17, "the checksum, which is computed from the addresses"},
		{2, 3, "the destination port"},
		{14, 15, "the window, which is not allowed"},
		{18, 19, "the urgent pointer, which is not allowed"},
		{20, INT32_MAX,
		 "TCP options (a fast open cookie is computed from the address): "
		 "payload must be found by a checked data offset"},
	};
	char why[sizeof(v->why)];

	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		if (lo > forbidden[i].last || hi < forbidden[i].first)
			continue;
		snprintf(why, sizeof(why), "bytes %lld to %lld from the TCP header on: %s",
			 (long long)lo, (long long)hi, forbidden[i].says);
		refuse(v, why);
		return;
	}
}

/* How far the data offset function puts a read behind the TCP header's true end, at least. */
static __s64 behind_header(const struct engine *e, const struct facts *f, __u16 fn,
			   struct verdict *verdict)
{
	__s64 least = INT64_MAX;

	for (unsigned int v = 0; v < HEADER_VALUES; v++) {
		__s64 header = (v >> 4) * 4, over;

		if (!facts_have(f, HEADER_DOFF, v))
			continue;
		if (header < TCP_HEADER)
			refuse(verdict, "the data offset was not checked to be 5 or more: the "
					"offset could reach back into the header");
		if (e->machine.headers.value[fn][v] > SMALL)
			refuse(verdict, "the offset might wrap");
		over = (__s64)e->machine.headers.value[fn][v] - header;
		least = over < least ? over : least;
	}
	return least;
}

/* A read at function(first byte) + function(data offset) + rest. */
static void check_relative(const struct engine *e, const struct state *s, const struct value *at,
			   __u64 size, struct verdict *verdict)
{
	const struct header_table *t = &e->machine.headers;
	const struct facts *f = &s->facts;
	__s64 behind = 0;

	if (at->rest.smin < -SMALL || at->rest.smax > SMALL || at->fn[HEADER_NEXT]) {
		refuse(verdict, "the offset has no bound that could be proved, and might wrap");
		return;
	}
	if (at->num.umax > INT32_MAX) {
		refuse(verdict,
		       "the offset has no upper bound that could be proved, and might wrap "
		       "around to the header");
		return;
	}
	if (!f->tcp)
		refuse(verdict, "the socket's protocol was not checked to be TCP");
	if (at->fn[HEADER_DOFF])
		behind = behind_header(e, f, at->fn[HEADER_DOFF], verdict);
	for (unsigned int v = 0; v < HEADER_VALUES && !verdict->why[0]; v++) {
		int transport;
		__s64 base;

		if (!facts_have(f, HEADER_VERSION, v))
			continue;
		if (t->value[at->fn[HEADER_VERSION]][v] > SMALL) {
			refuse(verdict, "the offset might wrap");
			break;
		}
		transport = transport_of(f, v, verdict);
		if (transport < 0)
			break;
		base = (__s64)t->value[at->fn[HEADER_VERSION]][v] - transport;
		if (!at->fn[HEADER_DOFF])
			check_header_read(base + at->rest.smin,
					  base + at->rest.smax + (__s64)size - 1, verdict);
		else if (base + behind + at->rest.smin < 0)
			refuse(verdict, "the offset could reach back from the payload into the TCP "
					"header");
	}
}

/* What lies in these bytes of the network header. */
static const char *why_not(__u64 lo, __u64 hi)
{
	if (lo < 24 && hi >= FLOW_END)
		return " (the source address lies in 8 to 23)";
	return hi < FLOW_END ? " (a flow label is often computed from the addresses)" : "";
}

static void check_absolute(const struct value *at, __u64 size, struct verdict *v)
{
	__u64 lo = at->num.umin, hi = at->num.umax;
	char why[sizeof(v->why)];

	if (hi > UINT32_MAX) {
		refuse(v, "the offset might wrap around to the header");
		return;
	}
	hi += size - 1;
	if (lo == hi && (lo == VERSION_AT || lo == NEXT_AT))
		return;
	if (lo == at->num.umax && hi < READ_MAX)
		snprintf(why, sizeof(why),
			 "bytes %llu to %llu of the packet: only byte 0, byte 6 and what follows "
			 "from a checked TCP header on may be read there%s",
			 lo, hi, why_not(lo, hi));
	else
		snprintf(why, sizeof(why),
			 "bytes %llu to %llu of the packet, by an offset that does not follow from "
			 "checked header lengths (the source address lies in 8 to 23)",
			 lo, hi);
	refuse(v, why);
}

/* It is certain that the packet is IPv6, where the TCP header's offset is a constant. */
static bool only_ipv6(const struct facts *f)
{
	for (unsigned int v = 0; v < HEADER_VALUES; v++)
		if (v >> 4 != 6 && facts_have(f, HEADER_VERSION, v))
			return false;
	return true;
}

/* `at` is function plus rest, also where it has no function. */
static bool check_read(struct engine *e, int insn, const struct state *s, const struct value *at,
		       const struct num *size)
{
	struct verdict relative = {""}, absolute = {""};
	const char *why = relative.why;

	if (!size->umax)
		return true;
	if (size->umax > READ_MAX) {
		why = "a length that has no bound";
	} else {
		check_relative(e, s, at, size->umax, &relative);
		if (!value_has_function(at) && relative.why[0]) {
			/* A constant may be right for IPv6, but also in front of all that. */
			check_absolute(at, size->umax, &absolute);
			if (absolute.why[0] && at->num.umin >= IPV6_HEADER && only_ipv6(&s->facts))
				why = relative.why;
			else
				why = absolute.why;
		}
	}
	if (*why)
		engine_find(e, insn, PROOF_PACKET,
			    "packet bytes that are not allowed could be read: %s", why);
	return !*why;
}

/* The read starts at byte 12 of the TCP header, whatever IP header is before it. */
static bool is_data_offset(const struct engine *e, const struct state *s, const struct value *at)
{
	const __u64 *f = e->machine.headers.value[at->fn[HEADER_VERSION]];
	struct verdict none = {""};

	if (at->fn[HEADER_DOFF] || !num_is_const(&at->rest))
		return false;
	for (unsigned int v = 0; v < HEADER_VALUES; v++)
		if (facts_have(&s->facts, HEADER_VERSION, v) &&
		    f[v] + at->rest.umin != (__u64)transport_of(&s->facts, v, &none) + 12)
			return false;
	return s->facts.tcp && facts_located(&s->facts);
}

/* Which of the bytes that have a name the packet's byte at `at` + `by` is; HEADER_BYTES: none. */
static enum header_byte name_of(const struct engine *e, const struct state *s,
				const struct value *at, __u64 by)
{
	if (!by && is_data_offset(e, s, at))
		return HEADER_DOFF;
	if (value_has_function(at) || !num_is_const(&at->num))
		return HEADER_BYTES;
	return at->num.umin + by == VERSION_AT ? HEADER_VERSION
	       : at->num.umin + by == NEXT_AT  ? HEADER_NEXT
					       : HEADER_BYTES;
}

static struct value named_byte(enum header_byte byte)
{
	struct value v = value_scalar(num_range(0, HEADER_VALUES - 1), TAINT_NONE);

	v.fn[byte] = HEADER_IDENTITY;
	v.rest = num_const(0);
	return v;
}

/* Header bytes that a read put on the stack are known by name from here on. */
static void name_bytes(struct engine *e, struct state *s, const struct value *at,
		       const struct value *to, __u64 size)
{
	if (to->kind != VALUE_STACK || !num_is_const(&to->num))
		return;
	for (__u64 i = 0; i < size; i++) {
		enum header_byte byte = name_of(e, s, at, i);
		struct value v;

		if (byte == HEADER_BYTES)
			continue;
		v = named_byte(byte);
		state_store(&e->machine, s, to->ref, (int)((__s64)to->num.umin + (__s64)i), 1, &v);
	}
}

static bool is_payload(const struct value *at)
{
	return at->fn[HEADER_DOFF];
}

struct value engine_packet_load(struct engine *e, int insn, const struct state *s,
				const struct value *base, int offset, unsigned int size)
{
	struct num by = num_const((__s64)offset), length = num_const(size);
	struct value at = *base;
	enum header_byte byte;
	bool fine;

	at.kind = VALUE_SCALAR;
	if (!value_has_function(&at))
		at.rest = at.num;
	num_alu(BPF_ADD, false, &at.num, &by, &at.num);
	num_alu(BPF_ADD, false, &at.rest, &by, &at.rest);
	fine = check_read(e, insn, s, &at, &length);
	byte = fine && size == 1 ? name_of(e, s, &at, 0) : HEADER_BYTES;
	if (byte != HEADER_BYTES)
		return named_byte(byte);
	return value_scalar(num_sized(size), fine && is_payload(&at) ? TAINT_PAYLOAD : TAINT_NONE);
}

void engine_load_bytes(struct engine *e, int insn, const struct state *s, struct state *failed,
		       struct state *loaded)
{
	struct value skb = engine_use(e, insn, s, BPF_REG_1);
	struct value at = engine_use(e, insn, s, BPF_REG_2);
	struct value to = engine_use(e, insn, s, BPF_REG_3);
	struct value length = engine_use(e, insn, s, BPF_REG_4);
	struct area area = {.at = to, .size = num_truncate(&length.num, 32)};
	struct value zero = value_scalar(num_const(0), TAINT_NONE);
	struct value error = value_scalar(num_signed(-4095, -1), TAINT_NONE);
	bool fine;

	if (skb.kind != VALUE_CTX || at.kind != VALUE_SCALAR)
		engine_find(e, insn, PROOF_UNKNOWN,
			    "cannot prove: the packet or the offset of a read is not certain");
	if (!value_has_function(&at)) {
		at.num = num_truncate(&at.num, 32);
		at.rest = at.num;
	}
	fine = check_read(e, insn, s, &at, &area.size);
	state_copy(failed, s);
	state_copy(loaded, s);
	/* What was refused here is not refused once more where it goes. */
	engine_fill(e, insn, loaded, &area, fine && is_payload(&at) ? TAINT_PAYLOAD : TAINT_NONE);
	engine_fill(e, insn, failed, &area, TAINT_NONE);
	if (fine && num_is_const(&area.size))
		name_bytes(e, loaded, &at, &to, area.size.umin);
	engine_return(e, insn, loaded, zero);
	engine_return(e, insn, failed, error);
}
