-- Polls one id after the other. Arguments: the target up to the id, the id's prefix, tasks, polls of each, 1 to go on
-- to new tasks after that, and the first number.
local prefix, tasks, polls, on, first
local rest = " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
local n = 0

function init(args)
  prefix = "GET " .. args[1] .. args[2]
  tasks, polls, on, first = tonumber(args[3]), tonumber(args[4]), args[5] == "1", tonumber(args[6])
end

function request()
  local batch = on and math.floor(n / (tasks * polls)) * tasks or 0
  local number = string.format("%d", first + batch + n % tasks)
  n = n + 1
  return prefix .. number .. rest
end
