-- Reads Markdown texts and writes them as pandoc's JSON. Argument 1: the dialect.
-- One JSON text per line in both directions: JSON has no line ends of its own, so nothing can look like a boundary.
-- What cannot be read becomes a JSON string: the reason.
for line in io.lines() do
  local ok, result = pcall(function ()
    -- No files are given ({}), so that nothing in a text can make pandoc open one.
    return pandoc.write(pandoc.read(pandoc.json.decode(line, false), arg[1], nil, {}), 'json')
  end)
  io.write(ok and result or pandoc.json.encode(tostring(result)), '\n')
  io.flush()
end
