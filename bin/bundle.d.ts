export const NOTE: string;
export function stateOf(root: string, file: string): string;
export function freshBundle(root: string): string | undefined;
