-- Runs the daemon and speaks JSON-RPC with it. Every request is answered exactly once: by the daemon or, if the daemon dies
-- or stays silent, with an error made here. The daemon reads messages in order, so requests are sent without waiting for
-- its answer to `initialize`. Only answer() and await() wait.
--
-- vim.lsp.rpc isn't used: it writes the daemon's stderr into the log of the language servers, drops the answer to a
-- cancelled request, and decodes and handles all that has arrived in one go. vim.system() closes the pipes when the
-- program ends, and so may lose the last output of the program.

local message = require('aside.message')

local M = {}

local max_wait_ms = 2000 -- how long await() makes the user wait
local request_timeout_ms = 20000 -- how long a request waits for its answer
local max_header = 8192 -- bytes
local handling_ms = 10 -- how long messages are handled at a time; then Neovim can handle keys and draw
local max_last_words = 1024 -- bytes of the last line that a daemon wrote to stderr; its end is kept
local last_words_ms = 100 -- how long to wait for the last output of a daemon that has ended
local plugin_protocol = 1
-- All features of a daemon that is as new as this plugin.
local known_flags = vim.split(
  'ask retry continue stop transcript threads select configure prepare models search fork delete export import preview compact '
    .. 'attachments usage instructions prompts credential side rewrite edits wanted marks find suggest named',
  ' '
)

local daemon -- the process: handle, pid, stdin, ended (how it ended, for people); nil before the first start
local alive = false -- from the start until the daemon's end has been handled
local initialize_result -- nil until the daemon has answered
local api_key -- the API key that was typed in this Neovim
local unanswered = {} -- the open requests by id; each has done, waits and timer, see M.request()
local requests = 0
local messages, first_message = {}, 1 -- complete messages, to be handled in order
local last_error_line = '' -- the last line that the daemon wrote to stderr
local notified, died = function() end, function() end

--- `on_notification` gets each notification. `on_death` is called when the daemon is gone and all open requests have been
--- answered with an error.
function M.listen(on_notification, on_death)
  notified, died = on_notification, on_death
end

function M.alive()
  return alive
end

function M.command()
  local setting = vim.g.aside_command or 'asided'
  local command = type(setting) == 'table' and vim.deepcopy(setting) or vim.split(vim.trim(setting), '%s+')
  command[1] = command[1]:gsub('^~/', vim.env.HOME .. '/')
  return command
end

-- The forms of a valid UTF-8 character of several bytes.
local forms = {
  '^[\194-\223][\128-\191]',
  '^\224[\160-\191][\128-\191]',
  '^[\225-\236\238\239][\128-\191][\128-\191]',
  '^\237[\128-\159][\128-\191]',
  '^\240[\144-\191][\128-\191][\128-\191]',
  '^[\241-\243][\128-\191][\128-\191][\128-\191]',
  '^\244[\128-\143][\128-\191][\128-\191]',
}

local function character_end(bytes, at)
  for _, form in ipairs(forms) do
    local _, last = bytes:find(form, at)
    if last then
      return last
    end
  end
end

--- Replaces bytes that are not UTF-8 with U+FFFD.
local function valid_utf8(text)
  return (text:gsub('[\128-\255]+', function(bytes)
    local parts, at = nil, 1
    local good = 1 -- where the bytes begin that are valid and not in `parts` yet
    while at <= #bytes do
      local last = character_end(bytes, at)
      if not last then
        parts = parts or {}
        parts[#parts + 1] = bytes:sub(good, at - 1) .. '\239\191\189'
        good = at + 1
      end
      at = (last or at) + 1
    end
    return parts and table.concat(parts) .. bytes:sub(good)
  end))
end

--- A failed write needs no message: the daemon is dead, and ended() will say so.
local function write(content)
  content.jsonrpc = '2.0'
  if content.params and next(content.params) == nil then
    content.params = vim.empty_dict()
  end
  local json = valid_utf8((vim.json.encode(content):gsub('\\/', '/'))) -- vim.json puts a backslash before each slash
  if daemon and not daemon.stdin:is_closing() then
    daemon.stdin:write(('Content-Length: %d\r\n\r\n%s'):format(#json, json))
  end
end

local function answered(id, answer)
  local request = unanswered[id]
  if request then -- otherwise the request was given up
    unanswered[id] = nil
    if not request.timer:is_closing() then
      request.timer:close()
    end
    request.done(answer)
  end
end

local function handle_message(content)
  local id = content.id
  if id == vim.NIL then
    id = nil
  end
  -- A request from the daemon: the plugin has no methods, so it answers with an error.
  if content.method and id then
    write({ id = id, error = { code = -32601, message = 'unknown method ' .. content.method } })
  elseif content.method then
    notified(content.method, content.params or {})
  elseif id then
    answered(id, content)
  else -- an error without an id may be the answer to any request
    for _, waiting in ipairs(vim.tbl_keys(unanswered)) do
      if unanswered[waiting] and unanswered[waiting].waits() then
        answered(waiting, content)
      end
    end
  end
end

--- Handles messages, for handling_ms at a time. A message's handler may call await(), which then handles later messages.
local function handle_messages(all)
  local deadline = vim.uv.hrtime() + handling_ms * 1e6
  while messages[first_message] and (all or vim.uv.hrtime() < deadline) do
    local json = messages[first_message]
    messages[first_message] = nil
    first_message = first_message + 1
    handle_message(vim.json.decode(json, { luanil = { object = true } }))
  end
  if messages[first_message] then
    vim.defer_fn(handle_messages, 1)
  end
end

local function handle_soon()
  handle_messages()
end

--- Returns a function that receives the bytes of one daemon and splits them into messages. Pieces are joined only when a
--- message may be complete. `fail` is called with bytes that are not the protocol.
local function receiver(fail)
  local pieces, size = {}, 0 -- the received bytes that don't make up a complete message yet
  local needed = 1 -- with fewer bytes than this, no message can be complete
  return function(chunk)
    pieces[#pieces + 1] = chunk
    size = size + #chunk
    if size < needed then
      return
    end
    local bytes, at = table.concat(pieces), 1
    local last = first_message - 1
    while messages[last + 1] do
      last = last + 1
    end
    local before = last
    while true do
      local head, body = bytes:find('\r\n\r\n', at, true)
      local length = head and bytes:sub(at, head - 1):lower():match('content%-length: *(%d+)')
      if not length then
        needed = #bytes - at + 2
        if head or needed > max_header then
          fail(bytes:sub(at, at + 39))
        end
        break
      elseif body + length > #bytes then
        needed = body - at + 1 + length
        break
      end
      last = last + 1
      messages[last] = bytes:sub(body + 1, body + length)
      at = body + length + 1
    end
    pieces, size = { bytes:sub(at) }, #bytes - at + 1
    if last > before then
      vim.schedule(handle_soon)
    end
  end
end

local function signal_name(number)
  for name, value in pairs(vim.uv.constants) do
    if value == number and name:find('^SIG') then
      return name:sub(4):lower()
    end
  end
  return tostring(number)
end

local function ended(which)
  if not alive or which ~= daemon then
    return
  end
  handle_messages(true)
  alive = false
  local open = vim.tbl_keys(unanswered)
  table.sort(open)
  message.complain(vim.trim(('the daemon %s; the next question starts it again. %s'):format(which.ended, last_error_line)))
  for _, id in ipairs(open) do
    answered(id, { error = { message = 'the daemon ' .. which.ended, data = { kind = 'died' } } })
  end
  died()
end

--- Starts the program and reads what it writes. Its end is handled when all that it wrote has been read.
local function spawn(command)
  local new = { stdin = vim.uv.new_pipe(), stdout = vim.uv.new_pipe(), stderr = vim.uv.new_pipe() }
  local open = 3 -- the process and its two outputs
  local function closed()
    open = open - 1
    if open == 0 then
      vim.schedule(function()
        ended(new)
      end)
    end
  end
  local failure
  new.handle, failure = vim.uv.spawn(command[1], {
    args = vim.list_slice(command, 2),
    stdio = { new.stdin, new.stdout, new.stderr },
    detached = true, -- so that CTRL-Z and CTRL-C in the terminal don't reach it
  }, function(code, signal)
    new.ended = signal == 0 and ('ended with status %d'):format(code)
      or ('was ended by signal "%s"'):format(signal_name(signal))
    new.stdin:close()
    new.handle:close()
    closed()
    vim.defer_fn(function()
      ended(new) -- something that the daemon has started may hold the outputs open
    end, last_words_ms)
  end)
  if not new.handle then
    return nil, failure
  end
  local receive = receiver(function(bytes)
    last_error_line = 'Its output is not the protocol of asided: ' .. bytes:gsub('%c', ' ')
    new.handle:kill('sigterm')
  end)
  local function read(pipe, handle)
    pipe:read_start(function(_, bytes)
      if bytes and daemon == new then
        handle(bytes)
      elseif not bytes then
        pipe:close()
        closed()
      end
    end)
  end
  read(new.stdout, receive)
  local line = ''
  read(new.stderr, function(bytes)
    line = line .. bytes
    last_error_line = (line:match('([^\n]+)\n*$') or last_error_line):sub(-max_last_words)
    line = line:match('[^\n]*$'):sub(-max_last_words)
  end)
  return new
end

--- Starts the daemon unless it runs. Returns false if it can't be started, after showing the reason.
function M.start()
  if vim.fn.getcmdwintype() ~= '' then
    message.complain('close the command-line window first, with :q')
    return false
  elseif alive and not daemon.ended then
    return true
  elseif alive then
    ended(daemon) -- the daemon has ended, and its end has not been handled yet
  end
  local command = M.command()
  local failure = 'is not found'
  local new
  if vim.fn.executable(command[1]) == 1 then
    messages, first_message, last_error_line = {}, 1, ''
    new, failure = spawn(command)
  end
  if not new then
    message.complain(
      ('install %s or set g:aside_command, :help aside-install (%s %s)'):format(command[1], command[1], failure)
    )
    return false
  end
  daemon, alive, initialize_result = new, true, nil
  local options = vim.deepcopy(vim.g.aside_options or vim.empty_dict())
  options.apiKey = api_key
  M.request('initialize', {
    processId = vim.uv.os_getpid(),
    clientInfo = { name = 'Neovim', version = tostring(vim.version()) },
    capabilities = { general = { positionEncodings = { 'utf-8', 'utf-16' } } },
    rootUri = vim.NIL,
    initializationOptions = options,
  }, function(answer)
    initialize_result = answer.result
  end)
  M.notify('initialized', {})
  return true
end

--- Gives a typed API key to the running daemon and to each daemon that this Neovim starts later.
function M.use_key(key)
  api_key = key
  if alive and M.has_flag('credential') then
    M.request('credential/set', { apiKey = key }, function(answer)
      if answer.error then
        message.complain(answer.error.message)
      end
    end)
  end
end

--- Whether this daemon has this flag. The result is false before the daemon has answered `initialize`.
function M.has_flag(flag)
  return vim.tbl_get(initialize_result or {}, 'capabilities', 'experimental', 'aside', flag) == true
end

--- Whether a request of this feature can be sent: the daemon has the flag, or has not answered `initialize` yet.
function M.may_have(flag)
  return alive and (not initialize_result or M.has_flag(flag))
end

--- Waits for the answer to `initialize`, and returns whether the daemon has this flag.
function M.knows(flag)
  M.await(function()
    return initialize_result or not alive
  end)
  return M.has_flag(flag)
end

--- Does the same as knows(). If the daemon doesn't have the flag, a message tells the user to update the daemon.
function M.can(flag)
  if not M.knows(flag) and alive then
    message.complain(M.command()[1] .. " is older than this plugin and can't do that: update it")
  end
  return M.has_flag(flag)
end

--- Gives up a request that was not answered in time. If Neovim was suspended, the answer may not have been read yet. So
--- this waits once more, for a short time.
local function timed_out(id, again)
  local request = unanswered[id]
  if not request or not request.waits() then
    return
  elseif not again then
    request.timer = vim.defer_fn(function()
      timed_out(id, true)
    end, max_wait_ms)
  else
    M.cancel(id)
    answered(id, {
      error = {
        message = ('the daemon has not answered in %d seconds'):format(request_timeout_ms / 1000),
        data = { kind = 'silent', hint = ':AsideHealth shows its state.' },
      },
    })
  end
end

local function always()
  return true
end

--- Sends a request, calls `done` with the answer, and returns the request's id. If the daemon stays silent while `waits()`
--- is true, the request is given up and answered with an error. If the daemon is dead, ended() answers the request.
function M.request(method, params, done, waits)
  requests = requests + 1
  local id = requests
  local timer = vim.defer_fn(function()
    timed_out(id)
  end, request_timeout_ms)
  unanswered[id] = { done = done, waits = waits or always, timer = timer }
  write({ id = id, method = method, params = params })
  return id
end

--- Tells the daemon that the answer to a request isn't needed any more. The daemon then answers with an error, unless
--- it has already sent the answer.
function M.cancel(id)
  if unanswered[id] then
    M.notify('$/cancelRequest', { id = id })
  end
end

function M.notify(method, params)
  write({ method = method, params = params })
end

--- Sends a request and waits for its answer. Used where the next typed keys depend on the answer. Messages that arrive
--- before the answer are handled first.
function M.answer(method, params)
  if not M.start() then
    return { error = { message = 'there is no daemon', data = { kind = 'died' } } }
  end
  local answer
  M.request(method, params, function(given)
    answer = given
  end)
  M.await(function()
    return answer
  end)
  local silence = ('%s has not answered in %d seconds'):format(M.command()[1], max_wait_ms / 1000)
  return answer or { error = { message = silence } }
end

--- Waits until `done()` is true, at most max_wait_ms; callbacks run meanwhile.
function M.await(done)
  vim.wait(max_wait_ms, function()
    if not done() then
      handle_messages() -- the caller may be the handler of a message, while later messages wait
    end
    return done()
  end, 2)
end

--- Says whether the running daemon and this plugin have the same features. The second result is false if they don't.
local function features()
  local flags = initialize_result.capabilities.experimental.aside
  local lacking = vim.tbl_filter(function(flag)
    return not flags[flag]
  end, known_flags)
  local new = vim.tbl_filter(function(flag)
    return flag ~= 'protocol' and flags[flag] and not vim.list_contains(known_flags, flag)
  end, vim.tbl_keys(flags))
  table.sort(new)
  if #lacking > 0 then
    return ('asided is older than this plugin and lacks %s: update it'):format(table.concat(lacking, ', ')), false
  elseif #new > 0 then
    local names = table.concat(new, ', ')
    return ("asided is newer than this plugin, which doesn't use %s: update the plugin"):format(names), false
  end
  return 'asided and this plugin fit together', true
end

--- Describes the state of the daemon, in lines to show to the user. The second result is true if there is a fault.
function M.state()
  if not alive then
    return { 'not running: the next question starts it' }
  elseif not initialize_result then
    return { ('process %d, which has not answered yet'):format(daemon.handle:get_pid()) }
  end
  local speaks = initialize_result.capabilities.experimental.aside.protocol
  local lines = {
    ('process %d, version %s, protocol %d'):format(daemon.handle:get_pid(), initialize_result.serverInfo.version, speaks),
  }
  local fit, fault = true, nil
  if speaks == plugin_protocol then
    fault, fit = features()
  else
    fault = ('This plugin speaks protocol %d: update asided or the plugin, whichever is older.'):format(plugin_protocol)
    fit = false
  end
  table.insert(lines, fault)
  return lines, not fit
end

return M
