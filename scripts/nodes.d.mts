// Declares what nodes.mjs exports, for TypeScript outside of this folder.
export declare const MAJORS: string[]
export declare const currentMajor: string
export declare function installedMajors(): string[]
export declare function nodeOf(major: string): string
