-- Questions about the journal. ARGV[1] is the question.
local question = ARGV[1]

-- The entries of one task, newest first: the name of the journal, the task, a number that is above them, how many.
local function of_task(log, newest, field, before, most)
  local number = tonumber(call('HGET', newest, field)) or 0
  if before > 0 and number >= before then
    local value = call('HGET', log, whole(before))
    if value then
      local earlier, _, _, other = entry_of(value)
      if other == field then
        number = earlier
      end
    end
  end
  local found = {}
  while number > 0 and #found < 2 * most do
    local value = call('HGET', log, whole(number))
    if not value then
      break
    end
    local earlier, _, gone = entry_of(value)
    if not gone and (before == 0 or number < before) then
      found[#found + 1] = whole(number)
      found[#found + 1] = value
    end
    number = earlier
  end
  return found
end

if question == 'task' then
  return of_task(P .. ARGV[2], P .. ARGV[3], ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6]))
end

if question == 'polls' then
  local found = {}
  for i = 2, #ARGV do
    local value = call('HGET', E, ARGV[i])
    local number = value and entry_of(value) or 0
    for _ = 1, 20 do
      value = number > 0 and call('HGET', E, whole(number))
      if not value then
        break
      end
      local before, poll, gone = entry_of(value)
      if poll and not gone then
        found[#found + 1] = ARGV[i]
        found[#found + 1] = whole(number)
        found[#found + 1] = value
        break
      end
      number = before
    end
  end
  return found
end

if question == 'part' then
  -- Some of those of a journal below a number, newest first, unless it began anew; and whether there are more.
  local began = call('HGET', K, 'journal') or '0'
  if ARGV[4] ~= '' and ARGV[4] ~= began then
    return { began, '0' }
  end
  load_counters()
  local log, prefix = P .. ARGV[5], ARGV[5] .. '_'
  local number, floor = math.min(tonumber(ARGV[2]) - 1, get(prefix .. 'made')), get(prefix .. 'floor')
  local most, found = tonumber(ARGV[3]), { began, '0' }
  while number > floor and most > 0 do
    local last = math.max(number - most + 1, floor + 1)
    most = most - take(found, log, number, last)
    number = last - 1
  end
  found[2] = number > floor and '1' or '0'
  return found
end

if question == 'forget' then
  if (call('HGET', K, 'journal') or '0') ~= ARGV[2] then
    return 0
  end
  refuse_if_full()
  load_counters()
  for i = 3, #ARGV do
    local number, value = ARGV[i], call('HGET', E, ARGV[i])
    if value then
      local before, _, gone, field = entry_of(value)
      if not gone then
        add('e_kept', -1)
        add('e_size', -#value)
        add('e_forgotten', 1)
        -- What remains leads from the one after it to the one before it.
        call('HSET', E, number, struct.pack(LOGGED, before, GONE, #field) .. field)
      end
      if field ~= '' and call('HGET', L, field) == number then
        local left = 0
        while before > 0 do
          local other = call('HGET', E, whole(before))
          if not other then
            break
          end
          local earlier, _, over = entry_of(other)
          if not over then
            left = before
            break
          end
          before = earlier
        end
        if left > 0 then
          call('HSET', L, field, whole(left))
        else
          call('HDEL', L, field)
        end
      end
    end
  end
  save_counters()
  return 1
end

-- Some of what is kept above a number, oldest first, and the counters of that moment; -1: the counters alone. What polls
-- saw and what was crossed is only with the last part. The last argument is 1 where all is wanted at once.
load_counters()
local found, upto = {}, tonumber(ARGV[2])
if upto >= 0 then
  repeat
    upto = forwards(found, E, 'e_', upto, tonumber(ARGV[4]))
  until ARGV[5] == '0' or upto >= get('e_made')
end
local coverage = ARGV[3] == '1' and (upto < 0 or upto >= get('e_made'))
return {
  call('HGETALL', C),
  call('HGETALL', Y),
  coverage and call('HGETALL', V) or {},
  coverage and call('HGETALL', Z) or {},
  found,
  call('HGET', K, 'journal') or '0',
  upto,
}
