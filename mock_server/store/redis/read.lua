-- What a decision is made on, at one moment. ARGV: the control that is known, and how many uses of it; then tasks.
local time = call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local latest = call('HMGET', C, 'at', 'unmatched')
local at = tonumber(latest[1]) or 0
local k = call('HMGET', K, 'v', 'u', 'g', 'changes')
local text, used = false, false
if k[1] and (k[1] ~= ARGV[1] or k[2] ~= ARGV[2]) then
  used = call('HGETALL', S)
  if k[1] ~= ARGV[1] then
    text = call('HGET', K, 'text')
  end
end
local values, gone = {}, {}
if #ARGV > 2 then
  values = call('HMGET', T, unpack(ARGV, 3))
  for i = 1, #values do
    if not values[i] and call('ZSCORE', X, ARGV[i + 2]) then
      gone[#gone + 1] = i
    end
  end
end
return { k[1], k[2], tonumber(k[3]) or 0, text, used, tonumber(latest[2]) or 0, whole(math.max(now, at)), values, gone }
