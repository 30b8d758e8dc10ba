vim9script
# The daemon as a job, and JSON-RPC with it. Every request is answered exactly once: by the daemon or, when that dies
# or doesn't, by an error made here. The daemon takes things in order, so nothing is held back until it has answered
# `initialize`. Nothing here waits but Answer() and Await().
#
# The framing is ours, since Vim's own `lsp` channel mode throws away what has come of a message after 100 ms.

const patience_ms = 2000
const silence_ms = 20000  # after which a request is given up
const most_header = 8192  # bytes
const turn_ms = 10
const plugin_protocol = 1
# What Vim takes for characters and UTF-8 doesn't have: halves of surrogate pairs.
const surrogates = $'[{range(0xd8, 0xdf)->mapnew((_, high) => printf('\u%02x00-\u%02xff', high, high))->join('')}]'

var process: job
var alive = false        # from job_start() until its end has been dealt with
var about: dict<any>     # what it said of itself
var api_key = ''         # that was typed in this Vim
var starts = 0           # of a daemon, so far
var unanswered: dict<dict<any>> = {}  # by id: Done, Waits and the timer
var requests = 0
var pieces: list<string> = []  # what has come of the next message
var size = 0                   # of them
var needed = 0                 # the size at which there is something to be done
var messages: list<string> = []  # that have come, and are dealt with in their order
var last_words = ''      # the last line on its stderr
var Notified: func(string, dict<any>): void
var Died: func(): void

# `OnNotification` gets each notification, `OnDeath` is called when the daemon is gone and its requests are
# answered.
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

# True when the daemon runs or has just been started; else the user has been told why not.
export def Start(): bool
  if getcmdwintype() != ''
    Complain('close the command-line window first, with :q')
    return false
  elseif alive && job_status(process) == 'run'
    return true
  elseif alive
    Ended(process, 0)  # Vim has seen its end and not told us yet
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
    stoponexit: '',  # at :qa the daemon gets end of input and finishes what is running; by default a SIGTERM
    out_cb: (_, bytes) => {
      if start == starts  # else it came late, of one that is gone
        Came(bytes)
      endif
    },
    err_cb: (_, line) => {
      last_words = line
    },
    exit_cb: Ended,
  })
  alive = true
  about = {}
  last_words = ''
  Request('initialize', {
    processId: getpid(),
    clientInfo: {name: 'Vim', version: Version()},
    capabilities: {general: {positionEncodings: ['utf-8', 'utf-16']}},
    rootUri: null,
    initializationOptions: get(g:, 'aside_options', {})->extendnew(api_key == '' ? {} : {apiKey: api_key}),
  }, (answer) => {
    about = answer->get('result', {})
  })
  Notify('initialized', {})
  return true
enddef

# A key that was typed: for this daemon, and those that this Vim starts after it.
export def TakeKey(key: string)
  api_key = key
  if alive && Can('credential')
    Request('credential/set', {apiKey: key}, (answer) => {
      if answer->has_key('error')
        Complain(answer.error.message)
      endif
    })
  endif
enddef

# Whether this daemon has what stands for a flag; it must have answered `initialize`.
export def Can(flag: string): bool
  return about->get('capabilities', {})->get('experimental', {})->get('aside', {})->get(flag, false)
enddef

# Why nothing can be asked; empty where it can. In the locale C Vim takes the bytes of a character for several.
export def Locale(): string
  return &encoding == 'utf-8' || v:ctype !~ '^\%(C\|POSIX\)$' ? ''
    : $'put "set encoding=utf-8" into your vimrc, or start Vim in a locale with UTF-8 (this one is {v:ctype})'
enddef

# Of a dead daemon nothing is asked: Ended() has told, or is about to. As long as the request `Waits` it is given up
# when the daemon is silent.
export def Request(method: string, params: dict<any>, Done: func(dict<any>): void, Waits: func(): bool = () => true)
  requests += 1
  const id = requests
  unanswered[id] = {Done: Done, Waits: Waits, timer: timer_start(silence_ms, (_) => Silence(id))}
  Write({id: id, method: method, params: params})
enddef

export def Notify(method: string, params: dict<any>)
  Write({method: method, params: params})
enddef

# For somebody who has pressed a key and waits already. What came before it has been dealt with by then.
export def Answer(method: string, params: dict<any>): dict<any>
  if !Start()
    return {error: {message: 'there is no daemon', data: {kind: 'died'}}}
  endif
  var answer: dict<any> = {}
  Request(method, params, (given) => {
    answer = given
  })
  Await(() => answer != {})
  return answer ?? {error: {message: $'{Command()[0]} has not answered in {patience_ms / 1000} seconds'}}
enddef

# Until `Done`, but no longer than a moment; callbacks run meanwhile. Not with ch_evalexpr(): where a callback takes
# its time, Vim 9.0 gives the answer that is waited for to somebody else.
export def Await(Done: func(): bool)
  const start = reltime()
  while !Done() && reltime(start)->reltimefloat() * 1000 < patience_ms
    sleep 1m
  endwhile
enddef

export def Version(): string
  return $'{v:version / 100}.{v:version % 100}.{v:versionlong % 10000}'
enddef

# What there is to say of the daemon, in lines for people.
export def State(): list<string>
  if !alive
    return ['not running: the next question starts it']
  elseif about == {}
    return [$'process {job_info(process).process}, which has not answered yet']
  endif
  const speaks = about.capabilities.experimental.aside.protocol
  return [$'process {job_info(process).process}, version {about.serverInfo.version}, protocol {speaks}']
    + (speaks == plugin_protocol ? []
      : [$'This plugin speaks protocol {plugin_protocol}: update the older of the two.'])
enddef

export def Complain(text: string)
  Say('ErrorMsg', text)
enddef

export def Tell(text: string)
  Say('None', text)
enddef

# In :messages stands all of it; on the screen what fits in a line, since a longer message would stop the user
# with a hit-enter prompt. A command line that is being typed is left alone until it is finished.
def Say(highlight: string, text: string)
  if mode() =~ '^[cr]'
    timer_start(200, (_) => Say(highlight, text))
    return
  endif
  const line = 'Aside: ' .. text->substitute('\_s\+', ' ', 'g')
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

# A failed write needs no word of its own: the daemon is dead, and Ended() will say so.
def Write(message: dict<any>)
  const json = json_encode(message->extend({jsonrpc: '2.0'}))->Valid()
  try
    ch_sendraw(process, $"Content-Length: {len(json)}\r\n\r\n{json}")
  catch /:E\(630\|631\|906\):/
  endtry
enddef

# With U+FFFD for what is no UTF-8: json_encode() does that for lone bytes only.
def Valid(json: string): string
  if &encoding != 'utf-8' || strchars(json) == len(json) || IsUtf8(json)
    return json
  endif
  return json->split('\zs')->map((_, c) => IsUtf8(c) ? c : "\ufffd")->join('')
enddef

def IsUtf8(text: string): bool
  const characters = str2list(text)
  return max(characters) <= 0x10ffff && list2str(characters) ==# text && match(text, surrogates) < 0
enddef

# What comes is put together once for each message, however many pieces it comes in, and divided at once, however many
# messages they are: in Vim a part of a string costs as much as all of it.
def Came(bytes: string)
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
      needed = length == '' ? most_header : len(rest) + 4 + str2nr(length)
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
  if needed >= most_header && strpart(rest, 0, most_header) !~ '\cContent-Length: *\d\+\r\n'
    last_words = $'What it writes is not the protocol of asided: {strpart(rest, 0, 40)->strtrans()}'
    job_stop(process)
  endif
  Deal()
enddef

# A flood of messages is dealt with in turns, between which Vim takes keys. A message may have something waited for,
# and what comes meanwhile is dealt with then.
def Deal(all = false)
  const start = reltime()
  while messages != [] && (all || reltime(start)->reltimefloat() * 1000 < turn_ms)
    Received(json_decode(remove(messages, 0)))
  endwhile
  if messages != []
    timer_start(0, (_) => Deal())
  endif
enddef

def Received(message: dict<any>)
  const id = message->get('id', v:null)
  if message->has_key('method') && id != v:null  # a request: we answer none
    Write({id: id, error: {code: -32601, message: $'unknown method {message.method}'}})
  elseif message->has_key('method')
    Notified(message.method, get(message, 'params', {}))
  elseif id != v:null
    Answered(string(id), message)
  else  # it couldn't tell what it answers
    for waiting in keys(unanswered)
      if unanswered->has_key(waiting) && unanswered[waiting].Waits()
        Answered(waiting, message)
      endif
    endfor
  endif
enddef

def Answered(id: string, answer: dict<any>)
  if unanswered->has_key(id)  # else it came late
    const request = remove(unanswered, id)
    timer_stop(request.timer)
    request.Done(answer)
  endif
enddef

# Nothing has come for long; but where Vim itself has slept, it may be there and not read yet.
def Silence(id: number, again = false)
  if !unanswered->has_key(id) || !unanswered[id].Waits()
    return
  elseif !again
    unanswered[id].timer = timer_start(patience_ms, (_) => Silence(id, true))
  else
    Notify('$/cancelRequest', {id: id})
    Answered(string(id), {error: {message: $'the daemon has not answered in {silence_ms / 1000} seconds',
      data: {kind: 'silent', hint: ':AsideHealth shows what it is about.'}}})
  endif
enddef

def Ended(which: job, _: number)
  if !alive || which != process
    return
  endif
  Deal(true)
  alive = false
  const open = keys(unanswered)
  const info = job_info(process)
  const how = info.termsig == '' ? $'ended with status {info.exitval}' : $'was ended by signal "{info.termsig}"'
  Complain($'the daemon {how}; the next question starts it again. {last_words}')
  for id in open
    Answered(id, {error: {message: $'the daemon {how}', data: {kind: 'died'}}})
  endfor
  Died()
enddef

# Now, and not at the first call: when Vim 9.0 compiles a lambda with a body inside a callback, it believes to
# have printed something, and the next message makes the user press Enter.
defcompile
