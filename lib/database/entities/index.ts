import { ByokAuditEntry } from './byok-audit-entry.entity.js';
import { ByokKeyringEntry } from './byok-keyring-entry.entity.js';
import { ByokRetiredKey } from './byok-retired-key.entity.js';
import { UserApiKey } from './user-api-key.entity.js';

export { ByokAuditEntry, ByokKeyringEntry, ByokRetiredKey, UserApiKey };

/** For the `entities` of an application's own DataSource. @publicApi */
export const byokEntities = [UserApiKey, ByokKeyringEntry, ByokRetiredKey, ByokAuditEntry];
