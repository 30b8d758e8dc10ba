vim9script
# The daemon as a job, and JSON-RPC with it. Vim's own `lsp` channel mode does the framing, the ids and the
# matching of answers. Every request is answered exactly once: by the daemon or, when that dies, by an error
# made here. Nothing here waits: what is asked before the daemon has answered `initialize` is queued.

var process: job
var alive = false        # from job_start() until its end has been dealt with
var initialized = false
var queue: list<dict<any>> = []
var unanswered: dict<func(dict<any>): void> = {}
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

# True when the daemon runs or has just been started; else the user has been told why not.
export def Start(): bool
  if alive && job_status(process) == 'run'
    return true
  endif
  if alive
    Ended(process, 0)  # Vim has seen its end and not told us yet
  endif
  const setting = get(g:, 'aside_command', 'asided')
  final command: list<string> = type(setting) == v:t_list ? setting->copy() : split(setting)
  command[0] = expand(command[0])
  if !executable(command[0])
    Complain($'cannot find {command[0]}: install it or set g:aside_command, :help aside-install')
    return false
  endif
  process = job_start(command, {
    in_mode: 'lsp', out_mode: 'lsp', err_mode: 'nl',
    noblock: 1,
    stoponexit: '',  # at :qa the daemon gets end of input and stores what it has; by default a SIGTERM
    out_cb: (_, message) => Received(message),
    err_cb: (_, line) => {
      last_words = line
    },
    exit_cb: Ended,
  })
  alive = true
  initialized = false
  last_words = ''
  Send({method: 'initialize', params: {
    processId: getpid(),
    clientInfo: {name: 'vim', version: $'{v:version / 100}.{v:version % 100}.{v:versionlong % 10000}'},
    capabilities: {general: {positionEncodings: ['utf-8', 'utf-16']}},
    rootUri: null,
    initializationOptions: get(g:, 'aside_options', {}),
  }}, Initialized)
  return true
enddef

export def Request(method: string, params: dict<any>, Done: func(dict<any>): void)
  Post({message: {method: method, params: params}, Done: Done})
enddef

export def Notify(method: string, params: dict<any>)
  Post({message: {method: method, params: params}})
enddef

export def Complain(text: string)
  echohl ErrorMsg
  Tell(text)
  echohl None
enddef

# One line, whatever its length: a longer one would stop the user with a hit-enter prompt.
export def Tell(text: string)
  var line = 'Aside: ' .. text->substitute('\_s\+', ' ', 'g')
  if strdisplaywidth(line) > v:echospace
    while strdisplaywidth(line) > v:echospace - 3
      line = line->substitute('.$', '', '')
    endwhile
    line ..= '...'
  endif
  redraw
  echomsg line
enddef

def Post(item: dict<any>)
  if !alive
    return
  elseif !initialized
    add(queue, item)
  elseif item->has_key('Done')
    Send(item.message, item.Done)
  else
    Write(item.message, {})
  endif
enddef

def Send(message: dict<any>, Done: func(dict<any>): void)
  var id = ''
  const sent = Write(message, {callback: (_, answer) => {
    if unanswered->has_key(id)  # else it came after the daemon's death, which has answered it
      remove(unanswered, id)
      Done(answer)
    endif
  }})
  id = string(get(sent, 'id', -len(unanswered)))
  unanswered[id] = Done
enddef

# A failed write needs no word of its own: the daemon is dead, and Ended() will say so.
def Write(message: dict<any>, options: dict<any>): dict<any>
  var sent: any
  try
    sent = ch_sendexpr(process, message, options)
  catch /:E\(630\|631\|906\):/
  endtry
  return type(sent) == v:t_dict ? sent : {}
enddef

def Initialized(answer: dict<any>)
  if answer->has_key('error')
    return
  endif
  initialized = true
  Write({method: 'initialized', params: {}}, {})
  const items = queue
  queue = []
  for item in items
    Post(item)
  endfor
enddef

def Received(message: dict<any>)
  if message->has_key('id')  # a request: we answer none
    Write({id: message.id, error: {code: -32601, message: $'unknown method {message.method}'}}, {})
  elseif message->has_key('method')
    Notified(message.method, get(message, 'params', {}))
  endif
enddef

def Ended(which: job, _: number)
  if !alive || which != process
    return
  endif
  alive = false
  initialized = false
  const open = values(unanswered) + queue->mapnew((_, item) => get(item, 'Done', null_function))
  unanswered = {}
  queue = []
  const info = job_info(process)
  const how = info.termsig == '' ? $'ended with status {info.exitval}'
    : $'was ended by signal "{info.termsig}"'
  Complain($'the daemon {how}; the next question starts it again. {last_words}')
  for Done in open
    if Done != null_function
      Done({error: {message: $'the daemon {how}', data: {kind: 'died'}}})
    endif
  endfor
  Died()
enddef

# Now, and not at the first call: when Vim 9.0 compiles a lambda with a body inside a callback, it believes to
# have printed something, and the next message makes the user press Enter.
defcompile
