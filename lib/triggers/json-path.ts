// A file of its own, so that what loads it late gets this alone and not the library's JSON Patch and JSON Pointer too.
export { compile } from 'json-p3';
