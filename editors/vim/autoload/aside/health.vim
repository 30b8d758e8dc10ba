vim9script
# :AsideHealth: shows what Aside finds, and what to do if something is missing, in a scratch buffer.

import autoload 'aside/daemon.vim'
import autoload 'aside/scratch.vim'

const plugin = expand('<script>:p:h:h:h')  # the folder of this plugin
const needed = ['job', 'channel', 'timers', 'textprop', 'popupwin']

export def Show(mods: string)
  if getcmdwintype() != ''
    daemon.Complain('close the command-line window first, with :q')
    return
  endif
  const command = daemon.Command()
  const found = exepath(command[0])
  const lacking = needed->copy()->filter((_, feature) => !has(feature))->join(', ')
  final settings = ['aside_options', 'aside_window']->filter((_, name) => g:->has_key(name))
  # The output of `asided --check` comes first, and there are no empty lines, so that the output is visible even in a
  # low terminal.
  const buffer = scratch.Open(mods, 'Aside''s health', ['Aside''s health', 'asided --check says', 'Vim', $'  {daemon.Version()}, '
    .. (lacking == '' ? 'with all that is needed' : $'lacks {lacking}: some of Aside will not work'),
    $'  this plugin: {plugin}', 'Command',
    '  ' .. command->join(), found != '' ? $'  found: {found}'
      : '  not found: install asided, or set g:aside_command in your vimrc, :help aside-install', 'Daemon']
    + daemon.State()->map((_, line) => $'  {line}') + ['Settings']
    + (settings->map((_, name) => $'  g:{name} = {string(g:[name])}') ?? ['  all have their defaults, :help aside-settings'])
    + (daemon.Locale() == '' ? [] : ['', $'Nothing can be asked: {daemon.Locale()}']))
  var last_line = 2  # the last line of the output of `asided --check`
  if found != ''
    job_start(command + ['--check'], {in_io: 'null', err_io: 'out', out_cb: (_, line) => {
      if bufexists(buffer)
        appendbufline(buffer, last_line, $'  {line}')
        last_line += 1
        scratch.Fit(buffer)
      endif
    }})
  endif
enddef

defcompile  # compiles all functions now; the end of daemon.vim says why
