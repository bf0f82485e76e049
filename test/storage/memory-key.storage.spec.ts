import { describeKeyStorage } from './key-storage.contract.js';
import { MemoryKeyStorage } from '../../lib/storage/index.js';

describeKeyStorage('MemoryKeyStorage', async () => {
  const storage = new MemoryKeyStorage();
  return {
    storage,
    scopeOf: async (owner) => storage.scopeOf({ userId: owner, session: undefined }),
    close: async () => {},
  };
});
