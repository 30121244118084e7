-- SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
-- For wrk: heatmap beacons of 630 bytes with nine headers, on a thousand cells of each of seven
-- pages.
local n = 0

local headers = {
	["Host"] = "shop.example.org",
	["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) " ..
		"Chrome/126.0.0.0 Safari/537.36",
	["Accept"] = "*/*",
	["Accept-Language"] = "en-GB,en;q=0.9,de;q=0.8",
	["Accept-Encoding"] = "gzip, deflate, br, zstd",
	["Referer"] = "https://shop.example.org/products/red-shoes",
	["Origin"] = "https://shop.example.org",
	["Connection"] = "keep-alive",
	["Cookie"] = "theme=dark; session=" .. string.rep("ahov29gnu18fmt07elsz6dkry5", 7),
}

function request()
	n = n + 1
	return wrk.format("GET", string.format("/hm?p=/products/red-shoes-%s&x=%d&y=%d&w=1280&e=click",
		string.char(97 + n % 7), n % 25 * 50, math.floor(n / 25) % 40 * 40), headers)
end
