vim9script
# Asks the user for consent before a question is sent. The dialog opens from a callback, at any moment, and must not
# receive keys that the user typed for something else. So it opens only in Normal mode, when no command and no typed key
# is pending.

# Opens the dialog. When the user has answered, `Yes` or `No` is called. Returns false if the user can't be asked now.
export def Ask(reasons: list<string>, Yes: func, No: func): bool
  if mode() != 'n' || state('moas') != '' || getchar(1) != 0
    return false
  endif
  const dialog = popup_dialog(reasons->mapnew((_, reason) => reason->strtrans()) + ['', 's  send it anyway',
    '<Enter>, <Esc>  put it back into the prompt'], {
    title: ' Send this to Claude? ', maxwidth: min([78, &columns - 6]), mapping: false, filter: Filter,
    callback: (_, answer) => {
      if answer == 1
        Yes()
      else
        No()
      endif
    }})
  setwinvar(dialog, '&linebreak', true)
  return true
enddef

def Filter(id: number, key: string): bool
  if key ==? 's'
    popup_close(id, 1)
  elseif index(["\<CR>", "\<Esc>", "\<C-c>", 'q', 'n', 'N'], key) >= 0
    popup_close(id, 0)
  endif
  return true
enddef

defcompile  # compiles all functions now; the end of daemon.vim says why
