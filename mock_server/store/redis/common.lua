-- What every script begins with. KEYS[1] is how all keys of the store begin; it holds their hash tag, so that all of
-- them are on one node. There is no key of that name, and must be none: so a node of a cluster that is moving the store to
-- another one runs no script any more, which would find a part of the keys. The layout is described in __init__.py.
local P = KEYS[1]
local call = redis.call
local K, C, S = P .. 'k', P .. 'c', P .. 's'
local T, D, X, W, U = P .. 't', P .. 'd', P .. 'x', P .. 'w', P .. 'u'
local N, NS = P .. 'n', P .. 'ns'
local E, L, M, ML = P .. 'e', P .. 'l', P .. 'm', P .. 'ml'
local Y, V, VO, Z, ZO = P .. 'y', P .. 'v', P .. 'vo', P .. 'z', P .. 'zo'

local TASK = '<I6I6I4I2' -- of a task's value: number of its birth, of its end (0: none), bytes of items, what it owes
local LOGGED = '<I6BI2' -- of a journal's value: number before it of the same task, flags, bytes of the task's name
local POLL, GONE = 1, 2

local function whole(number)
  return string.format('%d', number)
end

-- Raises what a full Redis raises, before anything is written: it lets a script delete, and refuses what comes after that.
-- It decides that at the script's start.
local function refuse_if_full()
  call('HSET', K, 'alive', 1)
end

-- The counters, read at once and written at once.
local c, changed = {}, {}

local function load_counters()
  local all = call('HGETALL', C)
  for i = 1, #all, 2 do
    c[all[i]] = tonumber(all[i + 1])
  end
end

local function get(name)
  return c[name] or 0
end

local function set(name, to)
  c[name] = to
  changed[name] = true
end

local function add(name, by)
  if by ~= 0 then
    set(name, get(name) + by)
  end
end

local function save_counters()
  local words = {}
  for name in pairs(changed) do
    words[#words + 1] = name
    words[#words + 1] = whole(c[name])
  end
  if #words > 0 then
    call('HSET', C, unpack(words))
  end
end

local function split(field)
  local at = string.find(field, '/', 1, true)
  return string.sub(field, 1, at - 1), string.sub(field, at + 1)
end

-- While somebody copies the store (`copy`), tasks that change are noted, each with the number of its latest change.
local noting = false

local function noted(field)
  if noting then
    call('ZADD', P .. 'noted', call('HINCRBY', K, 'noted', 1), field)
  end
end

-- A task goes. Nobody remembers that it had to.
local function forget(field, value)
  noted(field)
  local born, ended, given, owed = struct.unpack(TASK, value)
  local vendor = split(field)
  call('HDEL', T, field)
  call('XDEL', P .. 'b:' .. vendor, whole(born) .. '-1')
  if ended > 0 then
    call('XDEL', D, whole(ended) .. '-1')
    add('ended', -1)
  end
  call('ZREM', W, field)
  call('ZREM', U, field)
  add('tasks', -1)
  add('given', -given)
  add('owed', -owed)
  call('HINCRBY', N, vendor, -1)
end

-- A task has to go, and that is remembered of the newest so many.
local function drop(field, most)
  forget(field, call('HGET', T, field))
  set('gone', get('gone') + 1)
  call('ZADD', X, whole(get('gone')), field)
  if call('ZCARD', X) > most then
    noted(call('ZPOPMIN', X)[1])
  end
end

-- Adds to a journal (`log`, with the newest number of each task in `newest`): of the counters with this prefix.
local function append(log, newest, prefix, field, flags, blob)
  local number = get(prefix .. 'made') + 1
  set(prefix .. 'made', number)
  local before = 0
  if field ~= '' then
    before = tonumber(call('HGET', newest, field)) or 0
    call('HSET', newest, field, whole(number))
  end
  local value = struct.pack(LOGGED, before, flags, #field) .. field .. blob
  call('HSET', log, whole(number), value)
  add(prefix .. 'kept', 1)
  add(prefix .. 'size', #value)
end

local function field_of(value)
  local _, flags, length, at = struct.unpack(LOGGED, value)
  return string.sub(value, at, at + length - 1), flags
end

-- Evicts the oldest of a journal until it is within these bounds.
local function evict(log, newest, prefix, entries, size)
  local number, made = get(prefix .. 'floor'), get(prefix .. 'made')
  while number < made and (get(prefix .. 'kept') > entries or get(prefix .. 'size') > size) do
    number = number + 1
    local value = call('HGET', log, whole(number))
    if value then
      local field, flags = field_of(value)
      call('HDEL', log, whole(number))
      if math.floor(flags / GONE) % 2 == 0 then
        add(prefix .. 'kept', -1)
        add(prefix .. 'size', -#value)
        add(prefix .. 'evicted', 1)
        set(prefix .. 'evicted_to', number)
      end
      if field ~= '' and tonumber(call('HGET', newest, field)) == number then
        call('HDEL', newest, field)
      end
    end
    set(prefix .. 'floor', number)
  end
end

-- Counts in a hash that keeps at most so many fields, those that came last.
local function count(hash, order, most, counts)
  for i = 1, #counts, 2 do
    local name, by = counts[i], counts[i + 1]
    if call('HINCRBY', hash, name, by) == by then
      call('RPUSH', order, name)
    end
  end
  while call('LLEN', order) > most do
    call('HDEL', hash, call('LPOP', order))
  end
end
