// Opens a book in foliate-js and goes to every item of its spine.
import './npm/foliate-js/view.js'

const loaded = new Map()

/** Opens the book; returns how many items its spine has. */
window.openBook = async () => {
  const view = document.createElement('foliate-view')
  view.addEventListener('load', ({ detail: { doc, index } }) => loaded.set(index, doc))
  document.body.append(view)
  const response = await fetch('book.epub')
  await view.open(new File([await response.blob()], 'book.epub'))
  view.renderer.setAttribute('flow', 'paginated')
  // As foliate's own reader does: without it, a page in the dark stays white.
  view.renderer.setStyles?.('html { color-scheme: light dark; }')
  window.view = view
  return view.book.sections.length
}

/** Goes to an item of the spine; returns what is to be seen there. */
window.showItem = async index => {
  await window.view.goTo(index)
  const doc = loaded.get(index)
  await doc.fonts.ready
  const images = [...doc.images]
  await Promise.all(images.map(image => image.decode().catch(() => {})))
  const { width } = document.documentElement.getBoundingClientRect()
  return {
    id: window.view.book.sections[index].id,
    letters: doc.body.textContent.trim().length,
    pictures: images.length,
    brokenPictures: images.filter(image => !image.naturalWidth).length,
    widePictures: images.filter(image => image.getBoundingClientRect().width > width + 1).length,
    ground: doc.defaultView.getComputedStyle(doc.body).backgroundColor,
    ink: doc.defaultView.getComputedStyle(doc.body).color,
  }
}

/** Returns the lists that the reader offers for going to a place, by their lengths. */
window.listed = () => {
  const deep = entries => (entries ?? []).reduce((sum, entry) => sum + 1 + deep(entry.subitems), 0)
  const { toc, landmarks, pageList } = window.view.book
  return { toc: deep(toc), landmarks: landmarks?.length ?? 0, pages: pageList?.length ?? 0 }
}
window.isReady = true
