-- SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
-- For wrk: every thread walks through the same cells in the same order, so that two of them meet
-- at cells that no map holds yet.
local n = 0

function request()
	n = n + 1
	local x = n * 20 % 1280
	local y = math.floor(n / 64) % 256 * 16
	return wrk.format("GET", string.format("/hm?p=/page%d&x=%d&y=%d&w=1280&e=click",
		n % 3, x, y))
end
