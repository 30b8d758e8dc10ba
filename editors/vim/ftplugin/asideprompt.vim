vim9script
# The prompt's own keys and looks. The text comes from autoload/aside/prompt.vim.

# The imports come first: if this script is run again, for a buffer that :q! has unloaded, it loses its imports.
import autoload 'aside/completion.vim'
import autoload 'aside/page.vim'
import autoload 'aside/prompt.vim'

if exists('b:did_ftplugin')
  finish
endif
b:did_ftplugin = 1

# These keys don't use :write, since `vim -M` forbids it.
nnoremap <buffer> <C-s> <Cmd>call aside#Submit()<CR>
inoremap <buffer> <C-s> <Esc><Cmd>call aside#Submit()<CR>
nnoremap <buffer> ZZ    <Cmd>call aside#Submit()<CR>
nnoremap <buffer> <C-c> <Cmd>AsideStop<CR>
nnoremap <buffer> <C-a> <Cmd>call aside#prompt#AddFile()<CR>
inoremap <buffer> <C-a> <Cmd>call aside#prompt#AddFile()<CR>
nnoremap <buffer> <C-t> <Cmd>call aside#suggestion#Take()<CR>
inoremap <buffer> <C-t> <Cmd>call aside#suggestion#Take()<CR>
nnoremap <buffer> K     <Cmd>AsidePreview<CR>
setlocal completefunc=aside#completion#Complete

autocmd BufWriteCmd <buffer> aside#Submit()
# Sending empties the prompt, so this event comes right after the command that has sent it, before any other key. After
# :wq the window is gone already.
autocmd TextChanged <buffer> ++nested if exists('w:aside_sent') | page.Leave(win_getid()) | endif
autocmd WinClosed <buffer> prompt.BeforeClose()
autocmd TextChanged,TextChangedI,InsertLeave,BufLeave,QuitPre <buffer> prompt.Changed()
autocmd TextChangedI <buffer> completion.Offer()

autocmd BufWinEnter <buffer> {
  setlocal nodiff noscrollbind nocursorbind norightleft conceallevel=0
  setlocal wrap linebreak nonumber norelativenumber nolist signcolumn=no colorcolumn= nofoldenable
  &l:statusline = ' %{aside#prompt#Title()}  :w sends  CTRL-A adds the file  K previews  :q keeps it%<'
}
