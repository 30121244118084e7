-- SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
-- For wrk: a steady, modest load of beacons, on pages that are common, rare, or new each time.
local n = 0

function request()
	n = n + 1
	local page = n % 4 == 0 and "/rare" .. math.random(500) or "/page" .. n % 7
	return wrk.format("GET", string.format("/hm?p=%s&x=%d&y=%d&w=1280&e=click", page,
		n * 20 % 1280, math.floor(n / 64) % 64 * 16))
end

function delay()
	return math.random(0, 20)
end
