-- What became of a batch whose answer was lost; if nothing did, nothing will. ARGV: the committer, the batch's number.
local slot = P .. 'o:' .. ARGV[1]
local last = call('GET', slot)
if last then
  local number, told = string.match(last, '^(%d+) ?(.*)$')
  if number == ARGV[2] then
    return told
  end
end
call('SET', slot, ARGV[2] .. ' ', 'PX', 3600000)
return ''
