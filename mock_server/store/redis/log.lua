-- What scripts share that read a journal. It stands after `common`.
local function entry_of(value)
  local before, flags, length, at = struct.unpack(LOGGED, value)
  return before, flags % 2 == POLL, math.floor(flags / GONE) % 2 == 1, string.sub(value, at, at + length - 1)
end

-- Adds what is kept of a journal from one number to another, up or down: each number and value. How many there were.
local function take(found, log, first, last)
  local names, before = {}, #found
  for n = first, last, first <= last and 1 or -1 do
    names[#names + 1] = whole(n)
  end
  local values = call('HMGET', log, unpack(names))
  for i, name in ipairs(names) do
    if values[i] then
      local _, _, gone = entry_of(values[i])
      if not gone then
        found[#found + 1] = name
        found[#found + 1] = values[i]
      end
    end
  end
  return (#found - before) / 2
end

-- As `take`, of what is above a number, looking at so many numbers at most. The number up to which it looked.
local function forwards(found, log, prefix, after, most)
  local first = math.max(after, get(prefix .. 'floor')) + 1
  local last = math.min(first + most - 1, get(prefix .. 'made'))
  if first <= last then
    take(found, log, first, last)
  end
  return math.max(last, after)
end
