document.body.append('Hello from Vite')
