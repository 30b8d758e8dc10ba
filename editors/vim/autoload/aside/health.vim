vim9script
# :AsideHealth: what Aside finds, in a scratch buffer, and what to do where something is missing.

import autoload 'aside/daemon.vim'

const needed = ['job', 'channel', 'timers', 'textprop', 'popupwin', 'conceal']

export def Show(mods: string)
  const command = daemon.Command()
  const found = exepath(command[0])
  const lacking = needed->copy()->filter((_, feature) => !has(feature))
  silent execute mods 'new'
  setlocal buftype=nofile bufhidden=wipe noswapfile nomodeline nobuflisted
  const buffer = bufnr()
  setline(1, ['Aside''s health', '']
    + Part('Vim', [$'{v:version / 100}.{v:version % 100}.{v:versionlong % 10000}, '
      .. (lacking == [] ? 'with all that is needed' : $'lacks {lacking->join(", ")}: some of Aside will not work')])
    + Part('Command', [$'{command->join(" ")}'] + (found != '' ? [$'found: {found}']
      : ['not found: install asided, or set g:aside_command in your vimrc, :help aside-install']))
    + Part('Daemon', daemon.State())
    + Part('Settings', ['aside_options', 'aside_window']->filter((_, name) => g:->has_key(name))
      ->map((_, name) => $'g:{name} = {string(g:[name])}') ?? ['all as built in, :help aside-settings'])
    + ['asided --check says', ''])
  if found != ''
    job_start(command + ['--check'], {in_io: 'null', err_io: 'out', out_cb: (_, line) => {
      if bufexists(buffer)
        appendbufline(buffer, '$', $'  {line}')
      endif
    }})
  endif
enddef

def Part(title: string, lines: list<string>): list<string>
  return [title] + lines->mapnew((_, line) => $'  {line}') + ['']
enddef

defcompile  # the reason is in daemon.vim
