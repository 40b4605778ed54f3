// The header is all there is: the functions are in the native library.
