" Aside's commands and maps, and nothing else: the work is in autoload/, which Vim loads at the first use.
" Legacy script, so that an old Vim can read the line that tells it that it is too old.
if exists('g:loaded_aside')
  finish
endif
let g:loaded_aside = 1
if v:version < 900 || !has('vim9script') || !has('job') || !has('channel') || !has('timers') || !has('textprop')
  echomsg 'Aside needs Vim 9.0 or newer with +job, +channel, +timers and +textprop'
  finish
endif

command -nargs=* -range Aside         call aside#Ask(<q-mods>, <range>, <line1>, <line2>, <q-args>)
command -bar     -range AsideAdd      call aside#Add(<line1>, <line2>)
command -bar            AsideOpen     call aside#Open(<q-mods>)
command -bar            AsideStop     call aside#Stop()
command -bar            AsideRetry    call aside#Retry(<q-mods>)
command -bar            AsideContinue call aside#Continue(<q-mods>)
command -bar            AsideUndo     call aside#Undo(<q-mods>)
command -bar            AsideRedo     call aside#Redo(<q-mods>)
command -bar            AsideNew      call aside#New(<q-mods>)
command -bar            AsideHealth   call aside#Health(<q-mods>)
command -nargs=* -complete=custom,aside#CompleteModel   AsideModel   call aside#Model(<f-args>)
command -nargs=* -complete=custom,aside#CompleteThreads AsideThreads call aside#Threads(<q-mods>, <q-args>)

augroup aside_page
  autocmd!
  autocmd BufReadCmd aside://* ++nested call aside#Read(str2nr(expand('<abuf>')))
augroup END

nnoremap       <Plug>(aside-ask)          :Aside<Space>
xnoremap       <Plug>(aside-ask)          :Aside<Space>
nnoremap <expr> <Plug>(aside-ask-operator) aside#Operator('aside#AskAbout')
xnoremap       <Plug>(aside-ask-operator) :Aside<CR>
nnoremap       <Plug>(aside-prompt)       <Cmd>Aside<CR>
xnoremap       <Plug>(aside-prompt)       :Aside<CR>
nnoremap       <Plug>(aside-add)          <Cmd>AsideAdd<CR>
xnoremap       <Plug>(aside-add)          :AsideAdd<CR>
nnoremap <expr> <Plug>(aside-add-operator) aside#Operator('aside#AddAll')
xnoremap       <Plug>(aside-add-operator) :AsideAdd<CR>
nnoremap       <Plug>(aside-open)         <Cmd>AsideOpen<CR>
nnoremap       <Plug>(aside-stop)         <Cmd>AsideStop<CR>
nnoremap       <Plug>(aside-retry)        <Cmd>AsideRetry<CR>
nnoremap       <Plug>(aside-continue)     <Cmd>AsideContinue<CR>
nnoremap       <Plug>(aside-undo)         <Cmd>AsideUndo<CR>
nnoremap       <Plug>(aside-redo)         <Cmd>AsideRedo<CR>
nnoremap       <Plug>(aside-new)          <Cmd>AsideNew<CR>
nnoremap       <Plug>(aside-threads)      <Cmd>AsideThreads<CR>
