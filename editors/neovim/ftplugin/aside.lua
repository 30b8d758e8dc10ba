-- Sets the keys and looks of the page. lua/aside/page.lua fills in the text.
if vim.b.did_ftplugin then
  return
end
vim.b.did_ftplugin = 1

-- Without this limit, one long line in a reply would keep Neovim's highlighting busy for a minute.
vim.bo.synmaxcol = 1000
require('aside.keys').map()

-- These options belong to a window, so they are set in each window that shows the buffer.
vim.api.nvim_create_autocmd('BufWinEnter', {
  buffer = 0,
  callback = function(event)
    for name, value in pairs({
      diff = false, scrollbind = false, cursorbind = false, rightleft = false, conceallevel = 0, wrap = true,
      linebreak = true, breakindent = true, number = false, relativenumber = false, list = false, spell = false,
      signcolumn = 'no', colorcolumn = '', statuscolumn = '', foldmethod = 'expr', foldlevel = 0, foldminlines = 0,
      foldenable = true, foldexpr = "v:lua.require'aside.page'.foldexpr()",
      foldtext = "v:lua.require'aside.page'.foldtext()",
      statusline = " %{v:lua.require'aside.page'.title()}  %{v:lua.require'aside'.statusline()}%<",
    }) do -- stylua: ignore
      vim.wo[0][0][name] = value
    end
    require('aside.code').show(event.buf)
  end,
})
