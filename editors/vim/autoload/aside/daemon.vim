vim9script
# Runs the daemon as a job and speaks JSON-RPC with it. Every request is answered exactly once: by the daemon or, if the
# daemon dies or stays silent, with an error made here. The daemon reads messages in order, so requests are sent without
# waiting for its answer to `initialize`. Only Answer() and Await() wait.
#
# The framing is our own, since Vim's `lsp` channel mode drops an incomplete message after 100 ms.

const max_wait_ms = 2000          # how long Await() makes the user wait
const request_timeout_ms = 20000  # how long a request waits for its answer
const max_header = 8192           # bytes
const handling_ms = 10            # how long messages are handled at a time; then Vim can handle keys
const plugin_protocol = 1
# All features of a daemon that is as new as this plugin.
const known_flags = split('ask retry continue stop transcript threads select configure prepare models search fork delete '
  .. 'export import preview compact attachments usage instructions prompts credential side rewrite edits wanted marks find '
  .. 'suggest named')
# Matches halves of surrogate pairs. Vim accepts them as characters; in UTF-8 they are invalid.
const surrogates = $'[{range(0xd8, 0xdf)->mapnew((_, high) => printf('\u%02x00-\u%02xff', high, high))->join('')}]'

var process: job
var alive = false        # from job_start() until the job's end has been handled
var initialize_result: dict<any>  # empty until the daemon has answered
var api_key = ''         # the key that was typed in this Vim
var starts = 0           # how often a daemon was started
var unanswered: dict<dict<any>> = {}  # the open requests by id: Done, Waits and the timer of each
var requests = 0
var pieces: list<string> = []  # the received bytes that don't make up a complete message yet
var size = 0                   # the number of these bytes
var needed = 0                 # with fewer bytes than this, no message can be complete
var messages: list<string> = []  # complete messages, to be handled in order
var last_error_line = ''  # the last line that the daemon wrote to stderr
var Notified: func(string, dict<any>): void
var Died: func(): void

# `OnNotification` gets each notification. `OnDeath` is called when the daemon is gone and all open requests have been
# answered with an error.
export def Listen(OnNotification: func(string, dict<any>): void, OnDeath: func(): void)
  Notified = OnNotification
  Died = OnDeath
enddef

export def Alive(): bool
  return alive
enddef

export def Command(): list<string>
  const setting = get(g:, 'aside_command', 'asided')
  final command: list<string> = type(setting) == v:t_list ? setting->copy() : split(setting)
  command[0] = command[0]->substitute('^\~\ze/', (_) => $HOME, '')
  return command
enddef

# Starts the daemon unless it runs. Returns false if it can't be started, after showing the reason.
export def Start(): bool
  if getcmdwintype() != ''
    Complain('close the command-line window first, with :q')
    return false
  elseif alive && job_status(process) == 'run'
    return true
  elseif alive
    Ended(process, 0)  # the daemon has ended, and Vim has not called exit_cb yet
  endif
  const command = Command()
  if !executable(command[0])
    Complain($'install {command[0]} or set g:aside_command, :help aside-install ({command[0]} is not found)')
    return false
  elseif Locale() != ''
    Complain(Locale())
    return false
  endif
  starts += 1
  pieces = []
  size = 0
  needed = 0
  const start = starts
  process = job_start(command, {
    in_mode: 'raw', out_mode: 'raw', err_mode: 'nl',
    noblock: 1,
    # At :qa the daemon sees the end of its input and finishes running replies; by default Vim would send SIGTERM.
    stoponexit: '',
    out_cb: (_, bytes) => {
      if start == starts  # otherwise the bytes come from an earlier daemon
        Receive(bytes)
      endif
    },
    err_cb: (_, line) => {
      last_error_line = line ?? last_error_line
    },
    exit_cb: Ended,
  })
  alive = true
  initialize_result = {}
  last_error_line = ''
  Request('initialize', {
    processId: getpid(),
    clientInfo: {name: 'Vim', version: Version()},
    capabilities: {general: {positionEncodings: ['utf-8', 'utf-16']}},
    rootUri: null,
    initializationOptions: get(g:, 'aside_options', {})->extendnew(api_key == '' ? {} : {apiKey: api_key}),
  }, (answer) => {
    initialize_result = answer->get('result', {})
  })
  Notify('initialized', {})
  return true
enddef

# Gives a typed key to the running daemon and to each daemon that this Vim starts later.
export def UseKey(key: string)
  api_key = key
  if alive && HasFlag('credential')
    Request('credential/set', {apiKey: key}, (answer) => {
      if answer->has_key('error')
        Complain(answer.error.message)
      endif
    })
  endif
enddef

# Whether this daemon has this flag. The result is false before the daemon has answered `initialize`.
export def HasFlag(flag: string): bool
  return initialize_result->get('capabilities', {})->get('experimental', {})->get('aside', {})->get(flag, false)
enddef

# Whether a request of this feature can be sent: the daemon has the flag, or has not answered `initialize` yet.
export def MayHave(flag: string): bool
  return alive && (initialize_result == {} || HasFlag(flag))
enddef

# Waits for the answer to `initialize`, and returns whether the daemon has this flag.
export def Knows(flag: string): bool
  Await(() => initialize_result != {} || !alive)
  return HasFlag(flag)
enddef

# Does the same as Knows(). If the daemon doesn't have the flag, a message tells the user to update the daemon.
export def Can(flag: string): bool
  if !Knows(flag) && alive
    Complain($'{Command()[0]} is older than this plugin and can''t do that: update it')
  endif
  return HasFlag(flag)
enddef

# Returns the reason why no question can be asked in this locale; '' if questions can be asked. In the locale C Vim
# takes each byte of a UTF-8 character for a character.
export def Locale(): string
  return &encoding == 'utf-8' || v:ctype !~ '^\%(C\|POSIX\)$' ? ''
    : $'put "set encoding=utf-8" into your vimrc, or start Vim in a locale with UTF-8 (this one is {v:ctype})'
enddef

# Sends a request and calls `Done` with the answer. Returns its number, for Cancel(). If the daemon stays silent while `Waits()` is true, the request is
# given up and answered with an error. If the daemon is dead, Ended() answers the request.
export def Request(method: string, params: dict<any>, Done: func(dict<any>): void, Waits: func(): bool = () => true): number
  requests += 1
  const id = requests
  unanswered[id] = {Done: Done, Waits: Waits, timer: timer_start(request_timeout_ms, (_) => TimedOut(id))}
  Write({id: id, method: method, params: params})
  return id
enddef

# Tells the daemon that the answer to a request isn't needed any more; it then is an error, unless it was on its way.
export def Cancel(id: number)
  if unanswered->has_key(id)
    Notify('$/cancelRequest', {id: id})
  endif
enddef

export def Notify(method: string, params: dict<any>)
  Write({method: method, params: params})
enddef

# Sends a request and waits for its answer. Used where the next typed keys depend on the answer. Messages that arrive
# before the answer are handled first.
export def Answer(method: string, params: dict<any>): dict<any>
  if !Start()
    return {error: {message: 'there is no daemon', data: {kind: 'died'}}}
  endif
  var answer: dict<any> = {}
  Request(method, params, (given) => {
    answer = given
  })
  Await(() => answer != {})
  return answer ?? {error: {message: $'{Command()[0]} has not answered in {max_wait_ms / 1000} seconds'}}
enddef

# Waits for a millisecond. This function isn't compiled: while a compiled one waits, Vim doesn't find the functions of other
# plugins that their timers name.
function Pause()
  sleep 1m
endfunction

# Waits until `Done()` is true, at most max_wait_ms; callbacks run meanwhile. ch_evalexpr() can't be used: Vim 9.0 loses
# the answer if it arrives while another callback is running.
export def Await(Done: func(): bool)
  const start = reltime()
  while !Done() && reltime(start)->reltimefloat() * 1000 < max_wait_ms
    Pause()
  endwhile
enddef

export def Version(): string
  return $'{v:version / 100}.{v:version % 100}.{v:versionlong % 10000}'
enddef

# Describes the state of the daemon, in lines to show to the user.
export def State(): list<string>
  if !alive
    return ['not running: the next question starts it']
  elseif initialize_result == {}
    return [$'process {job_info(process).process}, which has not answered yet']
  endif
  const speaks = initialize_result.capabilities.experimental.aside.protocol
  return [$'process {job_info(process).process}, version {initialize_result.serverInfo.version}, protocol {speaks}']
    + (speaks == plugin_protocol ? Fit()
      : [$'This plugin speaks protocol {plugin_protocol}: update asided or the plugin, whichever is older.'])
enddef

# Says whether the running daemon and this plugin know of the same features.
def Fit(): list<string>
  final flags = initialize_result.capabilities.experimental.aside->copy()->filter((name, offered) => name != 'protocol' && offered)
  const lacking = known_flags->copy()->filter((_, flag) => !flags->has_key(flag))
  const new = keys(flags)->filter((_, flag) => index(known_flags, flag) < 0)->sort()
  return lacking != [] ? [$'asided is older than this plugin and lacks {lacking->join(", ")}: update it']
    : new != [] ? [$'asided is newer than this plugin, which doesn''t use {new->join(", ")}: update the plugin']
    : ['asided and this plugin fit together']
enddef

export def Complain(text: string)
  ShowMessage('ErrorMsg', text)
enddef

export def Inform(text: string)
  ShowMessage('None', text)
enddef

var latest = {line: '', highlight: 'None', time: reltime()}  # the message that was shown last

# Shows a message. :messages has the whole text; the screen shows as much as fits in one line, since a longer message
# would cause a hit-enter prompt. While the user types a command line, the message waits.
def ShowMessage(highlight: string, text: string)
  if mode() =~ '^[cr]'
    timer_start(200, (_) => ShowMessage(highlight, text))
    return
  endif
  const line = 'Aside: ' .. text->substitute('\_s\+', ' ', 'g')
  latest = {line: line, highlight: highlight, time: reltime()}
  const shortmess = &shortmess
  set shortmess+=T
  execute 'echohl' highlight
  redraw
  echomsg line
  &shortmess = shortmess
  if strdisplaywidth(line) > v:echospace
    redraw
    echo printf($'%.{v:echospace - 3}S...', line)
  endif
  echohl None
enddef

# Shows the latest message again if it is less than two seconds old. Vim clears it when virtual text is added in a callback, or
# a window is scrolled there.
export def KeepMessage()
  if latest.line == '' || latest.time->reltime()->reltimefloat() > 2 || mode() =~ '^[cr]'
    return
  endif
  execute 'echohl' latest.highlight
  redraw
  echo strdisplaywidth(latest.line) > v:echospace ? printf($'%.{v:echospace - 3}S...', latest.line) : latest.line
  echohl None
enddef

# A failed write needs no message: the daemon is dead, and Ended() will say so.
def Write(message: dict<any>)
  const json = json_encode(message->extend({jsonrpc: '2.0'}))->ValidUtf8()
  try
    ch_sendraw(process, $"Content-Length: {len(json)}\r\n\r\n{json}")
  catch /:E\(630\|631\|906\):/
  endtry
enddef

# Replaces invalid UTF-8 with U+FFFD; json_encode() replaces invalid single bytes only.
def ValidUtf8(json: string): string
  if &encoding != 'utf-8' || strchars(json) == len(json) || IsUtf8(json)
    return json
  endif
  return json->split('\zs')->map((_, c) => IsUtf8(c) ? c : "\ufffd")->join('')
enddef

def IsUtf8(text: string): bool
  const characters = str2list(text)
  return max(characters) <= 0x10ffff && list2str(characters) ==# text && match(text, surrogates) < 0
enddef

# Receives bytes from the daemon. The pieces are joined only when a message may be complete, and are split into messages
# in one step: in Vim, taking a part of a string takes as long as copying the whole string.
def Receive(bytes: string)
  add(pieces, bytes)
  size += len(bytes)
  if size < needed
    return
  endif
  const parts = pieces->join('')->split("\r\n\r\n", true)  # the first header, a body and the next header, ...
  var [rest, at] = [parts[0], 1]
  needed = len(rest) + 1
  while at < len(parts)
    const length = rest->matchstr('\cContent-Length: *\zs\d\+')
    var part = parts[at]
    while len(part) < str2nr(length) && at + 1 < len(parts)
      at += 1
      part ..= "\r\n\r\n" .. parts[at]
    endwhile
    if length == '' || len(part) < str2nr(length)
      needed = length == '' ? max_header : len(rest) + 4 + str2nr(length)
      rest ..= "\r\n\r\n" .. part
      break
    endif
    add(messages, strpart(part, 0, str2nr(length)))
    rest = strpart(part, str2nr(length))
    needed = len(rest) + 1
    at += 1
  endwhile
  pieces = [rest]
  size = len(rest)
  if needed >= max_header && strpart(rest, 0, max_header) !~ '\cContent-Length: *\d\+\r\n'
    last_error_line = $'Its output is not the protocol of asided: {strpart(rest, 0, 40)->strtrans()}'
    job_stop(process)
  endif
  HandleMessages()
enddef

# Handles messages, for handling_ms at a time, so that Vim can handle keys in between. A message's handler may call
# Await(); later messages are then handled inside that call.
def HandleMessages(all = false)
  const start = reltime()
  while messages != [] && (all || reltime(start)->reltimefloat() * 1000 < handling_ms)
    HandleMessage(json_decode(remove(messages, 0)))
  endwhile
  if messages != []
    timer_start(0, (_) => HandleMessages())
  endif
enddef

def HandleMessage(message: dict<any>)
  const id = message->get('id', v:null)
  # A request from the daemon: the plugin has no methods, so it answers with an error.
  if message->has_key('method') && id != v:null
    Write({id: id, error: {code: -32601, message: $'unknown method {message.method}'}})
  elseif message->has_key('method')
    Notified(message.method, get(message, 'params', {}))
  elseif id != v:null
    Answered(string(id), message)
  else  # an error without an id may be the answer to any request
    for waiting in keys(unanswered)
      if unanswered->has_key(waiting) && unanswered[waiting].Waits()
        Answered(waiting, message)
      endif
    endfor
  endif
enddef

def Answered(id: string, answer: dict<any>)
  if unanswered->has_key(id)  # otherwise the request was given up
    const request = remove(unanswered, id)
    timer_stop(request.timer)
    request.Done(answer)
  endif
enddef

# Gives up a request that was not answered in time. If Vim was suspended, Vim may not have read the answer yet. So this
# waits once more, for a short time.
def TimedOut(id: number, again = false)
  if !unanswered->has_key(id) || !unanswered[id].Waits()
    return
  elseif !again
    unanswered[id].timer = timer_start(max_wait_ms, (_) => TimedOut(id, true))
  else
    Cancel(id)
    Answered(string(id), {error: {message: $'the daemon has not answered in {request_timeout_ms / 1000} seconds',
      data: {kind: 'silent', hint: ':AsideHealth shows its state.'}}})
  endif
enddef

def Ended(which: job, _: number)
  if !alive || which != process
    return
  endif
  HandleMessages(true)
  alive = false
  const open = keys(unanswered)
  const info = job_info(process)
  const how = info.termsig == '' ? $'ended with status {info.exitval}' : $'was ended by signal "{info.termsig}"'
  Complain($'the daemon {how}; the next question starts it again. {last_error_line}')
  for id in open
    Answered(id, {error: {message: $'the daemon {how}', data: {kind: 'died'}}})
  endfor
  Died()
enddef

augroup aside_message
  autocmd!
  autocmd CmdlineEnter : latest.line = ''  # what the user types now replaces the message
augroup END

# Compiles all functions now, not at their first call. When Vim 9.0 compiles a lambda with a body inside a callback, it
# assumes that something was printed, and makes the user press Enter at the next message.
defcompile
