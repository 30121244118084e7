# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Compares what visitors.c printed (first file) with `blindcount export` (second). Prints of the
# cells on disk: their sum, what is above one, those that no visitor sent, and those whose visitor
# was answered.
BEGIN { FS = "[, ]" }
FNR == NR && NF == 3 { answered[$2 "," $3] = $1 == "answered" }
FNR == NR || FNR == 1 { next }
{ cell = $6 "," $7; sum += $8; twice += $8 - 1 }
!(cell in answered) { foreign++; next }
answered[cell] { kept++ }
END { print sum + 0, twice + 0, foreign + 0, kept + 0 }
