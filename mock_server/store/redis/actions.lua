-- Adds to the newest actions, of all servers that share the store.
-- ARGV: how many are kept at most; the number that the newest has from then on ('': one is added); and their bytes.
local most, list = tonumber(ARGV[1]), P .. 'a'
if ARGV[2] == '' then
  local number = call('HINCRBY', K, 'actions', 1)
  call('RPUSH', list, struct.pack('<I6', number) .. ARGV[3])
  call('LTRIM', list, -most, -1)
else
  call('HSET', K, 'actions', ARGV[2])
  call('UNLINK', list)
  if #ARGV > 2 then
    call('RPUSH', list, unpack(ARGV, 3))
  end
end
return 'done'
