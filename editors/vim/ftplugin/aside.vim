vim9script
# Sets the keys and looks of the page. autoload/aside/page.vim fills in the text.

# The imports come before `finish`: when Vim runs this script again, for a buffer that :q! has unloaded, the script
# loses its earlier imports.
import autoload 'aside/code.vim'
import autoload 'aside/keys.vim'

if exists('b:did_ftplugin')
  finish
endif
b:did_ftplugin = 1

# Without this limit, one long line in a reply would keep Vim's highlighting busy for a minute.
setlocal synmaxcol=1000
keys.Map()

# These options belong to a window, so they are set in each window that shows the buffer.
autocmd BufWinEnter <buffer> {
  setlocal nodiff noscrollbind nocursorbind norightleft conceallevel=0
  setlocal wrap linebreak breakindent nonumber norelativenumber nolist nospell signcolumn=no colorcolumn=
  setlocal foldmethod=expr foldlevel=0 foldminlines=0 foldtext=aside#page#Foldtext()
  &l:foldexpr = "get(b:aside.folds, v:lnum, '0')"
  &l:statusline = ' %{aside#page#Title()}  %{aside#statusline()}%<'
  code.Colour(bufnr(), getline(1, '$'))
}
