import { openLocalStorage } from './local-storage-under-test.js';
import { objectStorageContract } from './object-storage.contract.js';

objectStorageContract('LocalObjectStorage', openLocalStorage);
