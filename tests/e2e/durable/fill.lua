-- SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
-- For wrk: beacons that nearly all have a cell of their own, on as many pages as the agent's maps
-- hold by default.
local random = math.random
math.randomseed(os.time())

function request()
	return wrk.format("GET", string.format("/hm?p=/a/page-name-of-usual-length/p%d&x=%d&y=%d&w=1024",
		random(0, 8191), random(0, 63) * 16, random(0, 63) * 16))
end
