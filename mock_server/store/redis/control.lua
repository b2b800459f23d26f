-- Puts another control in place of the one that was read, and begins anew what is to begin anew.
-- ARGV: a msgpack, and the control's text.
local a = cmsgpack.unpack(ARGV[1])
local k = call('HMGET', K, 'v', 'u', 'past')
local past = k[3] or ''
if string.find(past, a.new, 1, true) then
  return 'done'
end
if a.first then
  if k[1] then
    return 'conflict'
  end
elseif k[1] ~= a.known or k[2] ~= a.uses then
  return 'conflict'
end
refuse_if_full()
load_counters()
local keys = {}
local function begin_anew(...)
  for _, key in ipairs({ ... }) do
    keys[#keys + 1] = key
  end
end
local function clear(pattern)
  for name in pairs(c) do
    if string.find(name, pattern) then
      c[name] = nil
      changed[name] = nil
      call('HDEL', C, name)
    end
  end
end
if a.tasks then
  for _, vendor in ipairs(call('ZRANGE', NS, 0, -1)) do
    begin_anew(P .. 'b:' .. vendor)
    c['b:' .. vendor] = nil
    call('HDEL', C, 'b:' .. vendor)
  end
  begin_anew(T, D, X, W, U, N, NS)
  for _, name in ipairs({ 'tasks', 'ended', 'ends', 'given', 'owed', 'gone' }) do
    set(name, 0)
  end
end
if a.journal then
  begin_anew(E, L, M, ML, Y)
  clear('^[em]_')
  set('polls', 0)
  set('told', 0)
  call('HINCRBY', K, 'journal', 1)
end
if a.coverage then
  begin_anew(V, VO, Z, ZO)
end
if #keys > 0 then
  call('UNLINK', unpack(keys))
end
if a.staged then
  -- Everything stands under other names already.
  for _, name in ipairs(a.staged) do
    call('RENAME', P .. a.stage .. name, P .. name)
    call('PERSIST', P .. name)
  end
  c, changed = {}, {}
  load_counters()
end
if a.at > get('at') then
  set('at', a.at)
end
set('unmatched', get('unmatched') - a.unmatched)
save_counters()
call('UNLINK', S)
call('HSET', K, 'v', a.new, 'u', 0, 'text', ARGV[2], 'past', string.sub(past .. ' ' .. a.new, -400))
call('HINCRBY', K, 'changes', a.changes)
call('HINCRBY', K, 'g', a.generation)
redis.pcall('PUBLISH', P .. 'told', 'jw')
return 'done'
