/** script.lua, word for word: `node scripts/embed-script.js` writes this file. */
export const scriptText = `-- One budget of bytes per second for many processes: sells slices of its time, one behind the other. All times are microseconds
-- of this server. src/redis/model.ts does the same in TypeScript; a test holds both together.
local budget, members, seen = KEYS[1], KEYS[2], KEYS[3]
local op, id = ARGV[1], ARGV[2]
local FORMAT = '1'
local SECOND = 1000000
-- No round is longer, whoever says so.
local LONGEST = 60 * SECOND
local time = redis.call('TIME')
local now = time[1] * SECOND + time[2]

-- The budget. Everything is read before anything is written, so that what is not ours stays as it is.
local FIELDS = {
  'limit', 'version', 'cursor', 'paused', 'count', 'weights', 'active', 'reserved', 'interval', 'intervalAt', 'crowd',
  'crowdUntil',
}
local stored = redis.pcall('HMGET', budget, 'format', unpack(FIELDS))
if stored.err then return {'FOREIGN', budget} end
if not stored[1] and redis.call('EXISTS', budget) == 1 then return {'FOREIGN', budget} end
if stored[1] and stored[1] ~= FORMAT then return {'VERSION', budget, stored[1]} end
local record = redis.pcall('HGET', members, id)
if type(record) == 'table' and record.err then return {'FOREIGN', members} end
local oldest = redis.pcall('ZRANGEBYSCORE', seen, '-inf', now, 'LIMIT', 0, 32)
if oldest.err then return {'FOREIGN', seen} end

local exists = stored[1] ~= false
local function isAmount(number)
  return number and number >= 0 and number < math.huge
end
local state, isDamaged = {}, false
for i, field in ipairs(FIELDS) do
  local number = exists and tonumber(stored[i + 1]) or 0
  isDamaged = isDamaged or not isAmount(number)
  state[field] = isAmount(number) and number or 0
end
if exists and not isAmount(tonumber(stored[2])) then return {'LIMIT', budget, stored[2] or ''} end

local function text(number)
  return string.format('%.17g', number)
end

-- What is known of a member, in this order; rates in bytes per second.
local FACTS = {'weight', 'active', 'rate', 'since', 'seen', 'bytes', 'waiting', 'hold', 'outageRate', 'watched', 'absent', 'kept'}
local function parse(line)
  if not line then return nil end
  local member, i = {}, 0
  for word in string.gmatch(line, '%S+') do
    i = i + 1
    local number, fact = tonumber(word), FACTS[i]
    if not fact then break end
    -- Who comes anew may give back what it has bought before; and -1 is no rate of its own.
    local isBelow = fact == 'bytes' or fact == 'outageRate'
    if not isAmount(isBelow and number and math.abs(number) or number) then return nil end
    member[fact] = number
  end
  if not member.kept or member.weight == 0 then return nil end
  return member
end
local function save(name, member)
  local words = {}
  for i, fact in ipairs(FACTS) do words[i] = text(member[fact]) end
  redis.call('HSET', members, name, table.concat(words, ' '))
end
-- Sums of fractions drift: with nobody left they begin anew.
local function subtract(member)
  state.count = math.max(0, state.count - 1)
  if state.count == 0 then
    state.weights, state.active = 0, 0
  else
    state.weights = math.max(0, state.weights - member.weight)
    state.active = math.max(0, state.active - member.active)
  end
end
local function remove(name)
  redis.call('HDEL', members, name)
  redis.call('ZREM', seen, name)
end
local function free(member)
  state.reserved = math.max(0, state.reserved - member.kept)
  member.absent, member.kept = 0, 0
end
-- Somebody else has written here: what can't be read goes, and the sums are made anew of the rest.
local function recount()
  state.count, state.weights, state.active, state.reserved = 0, 0, 0, 0
  local records = redis.call('HGETALL', members)
  for i = 1, #records, 2 do
    local member = parse(records[i + 1])
    if not member then
      remove(records[i])
    elseif member.absent == 1 then
      state.reserved = state.reserved + member.kept
    else
      state.count = state.count + 1
      state.weights, state.active = state.weights + member.weight, state.active + member.active
    end
  end
end

if op == 'show' then
  if not exists then return {'NONE'} end
  local values = {}
  for i, field in ipairs(FIELDS) do values[i] = text(state[field]) end
  return {'OK', text(now), values, redis.call('HGETALL', members)}
end

local function finish()
  local values = {}
  for _, field in ipairs(FIELDS) do
    values[#values + 1] = field
    values[#values + 1] = text(state[field])
  end
  redis.call('HSET', budget, 'format', FORMAT, unpack(values))
  redis.call('PEXPIRE', budget, 604800000)
end

if op == 'set' then
  local limit, paused = ARGV[3], ARGV[4]
  if limit == '' and not exists then return {'NONE'} end
  if limit ~= '' then state.limit = tonumber(limit) end
  if paused ~= '' then state.paused = tonumber(paused) end
  -- Where members know of a budget that was lost, what is set now holds against them.
  state.version = exists and state.version + 1 or math.floor(now / 1000)
  finish()
  return {'OK', text(now), text(state.limit), text(state.version), text(state.paused)}
end

if op == 'weight' then
  local member = parse(record)
  if not exists or not member then return {'NONE'} end
  local weight = tonumber(ARGV[3])
  if member.absent == 0 then
    state.weights = math.max(0, state.weights - member.weight + weight)
    local active = member.active / member.weight * weight
    state.active = math.max(0, state.active - member.active + active)
    member.active = active
  end
  member.weight = weight
  save(id, member)
  finish()
  return {'OK', text(now)}
end

if op == 'leave' then
  local back = tonumber(ARGV[3])
  local member = exists and parse(record)
  if not member then return {'NONE'} end
  if member.absent == 0 then subtract(member) else free(member) end
  remove(id)
  if state.limit > 0 then state.cursor = math.max(now, state.cursor - back / state.limit * SECOND) end
  finish()
  return {'OK', text(now)}
end

-- op == 'buy'
local knownVersion, knownLimit, ownWeight = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local ownInterval, need, want, back = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local hold, outageRate, watched, waiting = tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12]), tonumber(ARGV[13])
local knownWeights, holds, knownPaused, channel = tonumber(ARGV[14]), tonumber(ARGV[15]), tonumber(ARGV[16]), ARGV[17]

if isDamaged or record and not parse(record) then recount() end
if state.interval > LONGEST then state.interval = 0 end
state.paused = state.paused == 0 and 0 or 1

-- A slice of one byte can be longer than any round.
local function timeFor(bytes, rate)
  return bytes / rate * SECOND
end

-- Where the clock has jumped back, what was to happen soon must not wait until it has come there again.
local longest = state.limit > 0 and timeFor(100, state.limit) or 0
local jumped = exists and state.cursor - now > 10 * SECOND + 4 * math.max(state.interval, state.count * 1000) + longest
if jumped then
  state.intervalAt, state.crowdUntil = now, now
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', seen, now + SECOND, '+inf', 'LIMIT', 0, 10000)) do
    redis.call('ZADD', seen, text(now + SECOND), name)
  end
end

local me = parse(record)
if not exists then
  -- New; or lost, if the caller has known it. Then the others will be back, and leases that were sold may still be being spent.
  if redis.call('EXISTS', members, seen) > 0 then redis.call('DEL', members, seen) end
  oldest, me = {}, nil
  local lost = knownVersion > 0
  state.limit, state.version, state.paused = knownLimit, math.max(1, knownVersion), knownPaused
  state.cursor = lost and holds == 1 and now + ownInterval or now
  state.crowd, state.crowdUntil = knownWeights, lost and now + SECOND or now
elseif knownVersion > state.version then
  -- A replica took over that had not heard of the last change.
  state.limit, state.version, state.paused = knownLimit, knownVersion, knownPaused
end
-- Members are kept for less long than their budget. Where none of them was left to miss the others, all are gone, or will be back.
if exists and not record and state.count + state.reserved > 0 and redis.call('EXISTS', members, seen) < 2 then
  redis.call('DEL', members, seen)
  oldest, me = {}, nil
  state.count, state.weights, state.active, state.reserved = 0, 0, 0, 0
  if knownVersion > 0 then state.crowd, state.crowdUntil = knownWeights, now + SECOND end
end

-- What is for sale, beside what is kept for others.
local function forSale()
  return math.max(state.limit - state.reserved, state.limit / 100)
end
local wasForSale = forSale()
local weightsBefore = state.weights
local function isGone(name, member)
  if member.watched == 0 then return false end
  local subscribers = redis.pcall('PUBSUB', 'NUMSUB', channel .. name)
  return not subscribers.err and subscribers[2] == 0
end

-- Who has fallen silent: if its connection is gone, so is the process. Else it may be cut off and go on with its share, which
-- is not sold to others meanwhile.
for _, name in ipairs(oldest) do
  local line = name ~= id and redis.call('HGET', members, name)
  local other = parse(line)
  if other then
    local ends = math.min(other.seen, now) + other.hold
    if other.absent == 0 then
      subtract(other)
      -- A rate of its own is kept as far as it is its part: more would starve the others.
      local own = other.active > 0 and math.min(other.outageRate, state.limit * other.weight / math.max(weightsBefore, other.weight)) or 0
      other.absent, other.active = 1, 0
      other.kept = other.outageRate < 0 and other.rate or own
      state.reserved = state.reserved + other.kept
    end
    if other.kept > 0 and ends > now and not isGone(name, other) then
      save(name, other)
      redis.call('ZADD', seen, text(math.min(ends, now + SECOND)), name)
    else
      free(other)
      remove(name)
    end
  elseif name ~= id then
    remove(name)
    if line then recount() end
  end
end

local returns = now < state.crowdUntil
if not me then
  me = {weight = ownWeight, active = 0, rate = 0, since = now, seen = now, bytes = 0, absent = 0, kept = 0}
  state.count, state.weights = state.count + 1, state.weights + me.weight
elseif me.absent == 1 then
  returns = true
  free(me)
  me.active = 0
  state.count, state.weights = state.count + 1, state.weights + me.weight
end

-- Where more or less is for sale, what is sold already takes less time or more.
if state.limit > 0 then state.cursor = now + math.max(0, state.cursor - now) * wasForSale / forSale() end

-- A round is as long as the slowest member needs, and so long that all calls together are 1,000 a second.
if ownInterval >= state.interval then
  state.interval, state.intervalAt = ownInterval, now
elseif now - state.intervalAt > 2 * SECOND then
  state.interval, state.intervalAt = math.max(ownInterval, state.interval / 2), now
end
local interval = math.min(LONGEST, math.max(state.interval, state.count * 1000))

-- Weights count as far as they are made use of. So a round stays as long as it should, and who wants less than its share leaves
-- the rest to the others, step by step towards max-min.
local rate = forSale()
local total = rate * interval / SECOND
local others = math.max(0, state.active - me.active)
if now < state.crowdUntil then others = math.max(others, state.crowd - me.weight) end
local function leaseFor(active)
  return total * me.weight / math.max(others + active, me.weight)
end
local active = me.weight
if need >= 0 then
  active = math.min(me.weight, me.weight * need / math.max(1, leaseFor(math.max(me.active, me.weight / 16))))
end
-- Who comes anew begins with a tenth: if all come at once, the first must not buy as if they were alone.
local start = not returns and me.active < active / 4 and 0.1 or 1
state.active = math.max(0, state.active - me.active) + active
me.active = active
if state.count == 1 then state.weights, state.active = me.weight, active end
local lease = math.max(1, math.floor(leaseFor(active)))

local bytes, lead, retry = 0, 0, 0
if state.limit > 0 then
  if state.cursor - now > math.max(4 * interval, 2 * interval + timeFor(lease, rate)) then state.cursor = now + 2 * interval end
  state.cursor = math.max(now, state.cursor - timeFor(back, rate))
  lead = state.cursor - now
  if state.paused == 0 and want ~= 0 then
    if lead > 2 * interval then
      retry = lead - 1.5 * interval
    else
      local most = math.max(1, math.floor(lease * start))
      bytes = want < 0 and most or math.min(want, most)
      state.cursor = state.cursor + timeFor(bytes, rate)
    end
  end
end

-- What it got, over the last second or two rounds, or since it came: what it may keep while Redis is out of its reach.
local span = math.min(math.max(SECOND, 2 * interval), math.max(interval, now - me.since))
local patience = need == 0 and math.max(SECOND, 4 * interval) or math.max(300000, 3 * interval)
local elapsed = math.max(0, now - me.seen)
-- While it was silent it went on as before, so its next outage must not find it with less.
if elapsed > patience then elapsed = interval end
local fade = math.exp(-elapsed / span)
local factor = elapsed > 0 and (1 - fade) / elapsed or 1 / span
local recent = math.max(0, me.rate * fade + (bytes - back) * SECOND * factor)
-- What it had before others came is not its any more: all rates together are no more than the limit.
me.rate = math.min(recent, leaseFor(active) * SECOND / interval)
me.seen, me.bytes, me.waiting = now, me.bytes + bytes - back, waiting
me.hold, me.outageRate, me.watched = hold, outageRate, watched
save(id, me)
redis.call('ZADD', seen, text(now + patience), id)
finish()
local ttl = math.max(300000, math.ceil(hold / 500))
redis.call('PEXPIRE', members, ttl)
redis.call('PEXPIRE', seen, ttl)
return {
  'OK', text(now), text(lead), text(bytes), text(state.limit), text(state.version), text(interval), text(lease),
  text(state.weights), text(state.count), text(me.weight), text(me.rate), text(state.paused), text(retry),
  text(state.reserved),
}
`
