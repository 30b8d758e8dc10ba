" The functions of Aside that have names in Vim script: aside#statusline() for 'statusline', and what can't be done in
" Lua.

" Returns the state, cost, tokens and model of the conversation of this window's buffer.
function aside#statusline() abort
  return luaeval("require('aside').statusline()")
endfunction

" Shows a message; lua/aside/message.lua says how. With "T" in 'shortmess', :echomsg cuts the text to one line.
function aside#message(highlight, text) abort
  let shortmess = &shortmess
  set shortmess+=T
  execute 'echohl' a:highlight
  redraw
  echomsg a:text
  let &shortmess = shortmess
  if strdisplaywidth(a:text) > v:echospace
    redraw
    echo printf($'%.{v:echospace - 3}S...', a:text)
  endif
  echohl None
endfunction
