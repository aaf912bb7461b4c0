// Reads a book with epub.js; returns the lists it offers for going to a place.
window.listed = async () => {
  const response = await fetch('book.epub')
  const book = window.ePub(await response.arrayBuffer())
  await book.opened
  const navigation = await book.loaded.navigation
  const deep = entries => (entries ?? []).reduce((sum, entry) => sum + 1 + deep(entry.subitems), 0)
  const spine = await book.loaded.spine
  const reached = []
  for (const item of spine.items ?? spine.spineItems) {
    const section = book.spine.get(item.href)
    const page = await section.load(book.load.bind(book))
    reached.push(page.textContent.trim().length)
  }
  return {
    toc: deep(navigation.toc),
    landmarks: navigation.landmarks.length,
    pages: book.pageList?.pages?.length ?? 0,
    reached: reached.length,
  }
}
window.isReady = true
