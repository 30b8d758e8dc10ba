vim9script
# The daemon as a job, and JSON-RPC with it. Vim's own `lsp` channel mode does the framing, the ids and the
# matching of answers. Every request is answered exactly once: by the daemon or, when that dies, by an error
# made here. The daemon takes things in order, so nothing is held back until it has answered `initialize`.
# Nothing here waits but Answer() and Await().

const patience_ms = 2000
const plugin_protocol = 1

var process: job
var alive = false        # from job_start() until its end has been dealt with
var about: dict<any>     # what it said of itself
var unanswered: dict<func(dict<any>): void> = {}
var requests = 0
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
  if alive && job_status(process) == 'run'
    return true
  elseif alive
    Ended(process, 0)  # Vim has seen its end and not told us yet
  endif
  const command = Command()
  if !executable(command[0])
    Complain($'install {command[0]} or set g:aside_command, :help aside-install ({command[0]} is not found)')
    return false
  endif
  process = job_start(command, {
    in_mode: 'lsp', out_mode: 'lsp', err_mode: 'nl',
    noblock: 1,
    stoponexit: '',  # at :qa the daemon gets end of input and finishes what is running; by default a SIGTERM
    out_cb: (_, message) => Received(message),
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
    initializationOptions: get(g:, 'aside_options', {}),
  }, (answer) => {
    about = answer->get('result', {})
  })
  Notify('initialized', {})
  return true
enddef

# Of a dead daemon nothing is asked: Ended() has told, or is about to.
export def Request(method: string, params: dict<any>, Done: func(dict<any>): void)
  requests += 1
  const key = requests
  unanswered[key] = Done
  Write({method: method, params: params}, {callback: (_, answer) => {
    if unanswered->has_key(key)  # else it came after the daemon's death, which has answered it
      remove(unanswered, key)
      Done(answer)
    endif
  }})
enddef

export def Notify(method: string, params: dict<any>)
  Write({method: method, params: params}, {})
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
def Write(message: dict<any>, options: dict<any>)
  try
    ch_sendexpr(process, message, options)
  catch /:E\(630\|631\|906\):/
  endtry
enddef

def Received(message: dict<any>)
  if message->has_key('id')  # a request: we answer none
    Write({id: message.id, error: {code: -32601, message: $'unknown method {get(message, "method", "")}'}}, {})
  elseif message->has_key('method')
    Notified(message.method, get(message, 'params', {}))
  endif
enddef

def Ended(which: job, _: number)
  if !alive || which != process
    return
  endif
  alive = false
  const open = values(unanswered)
  unanswered = {}
  const info = job_info(process)
  const how = info.termsig == '' ? $'ended with status {info.exitval}' : $'was ended by signal "{info.termsig}"'
  Complain($'the daemon {how}; the next question starts it again. {last_words}')
  for Done in open
    Done({error: {message: $'the daemon {how}', data: {kind: 'died'}}})
  endfor
  Died()
enddef

# Now, and not at the first call: when Vim 9.0 compiles a lambda with a body inside a callback, it believes to
# have printed something, and the next message makes the user press Enter.
defcompile
