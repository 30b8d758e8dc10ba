" Defines Aside's commands and maps. The rest is in autoload/, which Vim loads at the first use. This is legacy script,
" so that an old Vim can run it and say that Vim is too old.
if exists('g:loaded_aside')
  finish
endif
let g:loaded_aside = 1
if v:version < 900 || !has('vim9script') || !has('job') || !has('channel') || !has('timers') || !has('textprop')
  echomsg 'Aside needs Vim 9.0 or newer with +job, +channel, +timers and +textprop'
  finish
endif

command -nargs=* -range -bang -complete=customlist,aside#completion#Question Aside call aside#Ask(<q-mods>, <bang>0, <range>, <line1>, <line2>, <q-args>)
command -nargs=* -range -bang -complete=customlist,aside#completion#Question AsidePreview call aside#Preview(<q-mods>, <bang>0, <range>, <line1>, <line2>, <q-args>)
command -nargs=* -range -bar  -complete=customlist,aside#add#Complete AsideAdd call aside#add#Add(<range>, <line1>, <line2>, <q-args>)
command -nargs=* -range -complete=customlist,aside#completion#Question AsideRewrite call aside#Rewrite(<q-mods>, <line1>, <line2>, <q-args>)
command -nargs=* -range -complete=customlist,aside#completion#Question AsideBtw call aside#Btw(<q-mods>, <range>, <line1>, <line2>, <q-args>)
command -bar     -bang  AsideWanted   call aside#wanted#Add(<bang>0)
command -bar            AsideHere     call aside#marks#Go(<q-mods>)
command -bar            AsideApply    call aside#Apply()
command -bar            AsideOpen     call aside#Open(<q-mods>)
command -bar            AsideStop     call aside#Stop()
command -bar            AsideRetry    call aside#Reply(<q-mods>, 'conversation/retry')
command -bar            AsideContinue call aside#Reply(<q-mods>, 'conversation/continue')
command -bar            AsideUndo     call aside#Undo(<q-mods>)
command -bar            AsideRedo     call aside#Redo(<q-mods>)
command -bar            AsideEdit     call aside#Edit(<q-mods>)
command -bar            AsideNext     call aside#SelectVariant(<q-mods>, 1)
command -bar            AsidePrevious call aside#SelectVariant(<q-mods>, -1)
command -bar            AsideNew      call aside#history#New(<q-mods>)
command -bar            AsideHealth   call aside#health#Show(<q-mods>)
command -bar     -bang  AsideDelete   call aside#history#Delete(<q-mods>, <bang>0)
command -nargs=1 -bang -complete=customlist,aside#history#CompleteFile AsideExport  call aside#history#Export(<bang>0, <q-args>)
command -nargs=1       -complete=customlist,aside#history#CompleteFile AsideImport  call aside#history#Import(<q-mods>, <q-args>)
command -nargs=*       -complete=custom,aside#history#CompleteTitle AsideFork    call aside#history#Fork(<q-mods>, <q-args>)
command -nargs=*       -complete=custom,aside#history#CompleteTitle AsideRename  call aside#history#Rename(<q-mods>, <q-args>)
command -nargs=* -bang -complete=customlist,aside#history#Complete  AsideThreads call aside#history#Choose(<q-mods>, <bang>0, <q-args>)
command -nargs=* -bang -complete=customlist,aside#search#Complete   AsideSearch  call aside#search#Find(<q-mods>, <bang>0, <q-args>)
command -bar            AsideKey      call aside#Key()
command -nargs=*       -complete=custom,aside#CompleteModel         AsideModel   call aside#Model(<f-args>)
command -nargs=*       AsideCompact call aside#Compact(<q-mods>, <q-args>)
command -nargs=* -bang -complete=customlist,aside#usage#Complete    AsideUsage   call aside#usage#Show(<q-mods>, <bang>0, <q-args>)
command -nargs=?       -complete=custom,aside#instructions#Complete AsideInstructions call aside#instructions#Show(<q-mods>, <q-args>)

for s:name in split('Add Open Stop Retry Continue Undo Redo Edit Next Previous New Fork Rename Delete Threads Preview Compact Usage Instructions Key Apply Wanted Here')
  execute printf('nnoremap <Plug>(aside-%s) <Cmd>Aside%s<CR>', tolower(s:name), s:name)
endfor
xnoremap       <Plug>(aside-add)          :AsideAdd<CR>
noremap        <Plug>(aside-ask)          :Aside<Space>
noremap        <Plug>(aside-rewrite)      :AsideRewrite<Space>
noremap        <Plug>(aside-btw)          :AsideBtw<Space>
nnoremap       <Plug>(aside-search)       :AsideSearch<Space>
nnoremap       <Plug>(aside-prompt)       <Cmd>Aside<CR>
xnoremap       <Plug>(aside-prompt)       :Aside<CR>
noremap <expr> <Plug>(aside-ask-operator) aside#Operator('Aside')
noremap <expr> <Plug>(aside-rewrite-operator) aside#Operator('AsideRewrite')
noremap <expr> <Plug>(aside-add-operator) aside#Operator('AsideAdd')

augroup aside_page
  autocmd!
  autocmd BufReadCmd  aside://*        ++nested call aside#Read(str2nr(expand('<abuf>')))
  autocmd BufFilePost aside-prompt://* ++nested call aside#Read(str2nr(expand('<abuf>')))
  autocmd BufReadCmd  aside-change://* ++nested call aside#apply#Read(str2nr(expand('<abuf>')))
  autocmd BufReadCmd  aside-proposal://* setlocal buftype=nofile bufhidden=wipe
  autocmd BufReadCmd  aside-hit://*    ++nested call aside#search#Read(str2nr(expand('<abuf>')))
augroup END
