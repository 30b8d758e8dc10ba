vim9script
# Sets the keys and looks of the prompt. autoload/aside/prompt.vim fills in the text.

# The imports come before `finish`: when Vim runs this script again, for a buffer that :q! has unloaded, the script
# loses its earlier imports.
import autoload 'aside/completion.vim'
import autoload 'aside/page.vim'
import autoload 'aside/prompt.vim'

if exists('b:did_ftplugin')
  finish
endif
b:did_ftplugin = 1

# These keys don't use :write, since `vim -M` forbids :write.
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
# Sending the question empties the prompt. So TextChanged comes right after the command that has sent the question,
# before any other key. After :wq the window is gone already.
autocmd TextChanged <buffer> ++nested if exists('w:aside_sent') | page.Leave(win_getid()) | endif
autocmd WinClosed <buffer> prompt.BeforeClose()
autocmd TextChanged,TextChangedI,InsertLeave,BufLeave,QuitPre <buffer> prompt.Changed()
autocmd TextChangedI <buffer> completion.Offer()
autocmd CompleteDone <buffer> completion.Done()

autocmd BufWinEnter <buffer> {
  setlocal nodiff noscrollbind nocursorbind norightleft conceallevel=0
  setlocal wrap linebreak nonumber norelativenumber nolist signcolumn=no colorcolumn= nofoldenable
  &l:statusline = ' %{aside#prompt#Title()}  :w sends  CTRL-A adds the file  K previews  :q keeps the draft%<'
}
