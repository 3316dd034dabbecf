// Package keeper keeps vault generations, sessions and signatures (protocol §7).
package keeper

import (
	"cosmossdk.io/collections"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"

	"github.com/stafiprotocol/stafid/x/multisig/types"
)

// Keeper holds the module's state. Its invariants:
//   - a vault has at most one unfinished series, and all attempts of a series share vault, sequence, purpose and outputs;
//   - an unfinished series' sequence is the vault's, so of all its payloads the original chain can execute at most one;
//   - a session is in the due queue from its opening until it is settled, once;
//   - a series is in the prune queue from its end until its last record is deleted; vaults, signers, digests and reports are never deleted.
type Keeper struct {
	authority  string
	submitters types.SubmitterKeeper
	hooks      types.Hooks

	Schema collections.Schema
	Params collections.Item[types.Params]

	nextVault   collections.Sequence
	nextSession collections.Sequence

	vaults collections.Map[uint64, types.Vault]
	// vaultContract is {contract, vault}; vaultAddress is {address, contract} → vault.
	vaultContract collections.KeySet[collections.Pair[uint64, uint64]]
	vaultAddress  collections.Map[collections.Pair[string, uint64], uint64]
	// signers is {vault, operator} → signer, so that a submission reads its own signer only.
	signers collections.Map[collections.Pair[uint64, string], types.Signer]

	sessions collections.Map[uint64, types.Session]
	payloads collections.Map[uint64, types.Payload]
	tallies  collections.Map[uint64, types.Tally]
	// signatures and wrongs are {session, signer index} → what the member sent.
	signatures collections.Map[collections.Pair[uint64, uint32], types.MemberSignature]
	wrongs     collections.Map[collections.Pair[uint64, uint32], uint32]

	// series is vault → its unfinished series; attempts is {root, session}.
	series   collections.Map[uint64, types.Series]
	attempts collections.KeySet[collections.Pair[uint64, uint64]]
	// due is {expires, session}; prunes is {height, root}; digests is digest → session.
	due     collections.KeySet[collections.Pair[int64, uint64]]
	prunes  collections.KeySet[collections.Pair[int64, uint64]]
	digests collections.Map[[]byte, uint64]
	// nextDue is the height from which on due or prunes have something for EndBlock; it is not there while both are empty.
	nextDue collections.Item[int64]
	// rogues is {vault, operator, digest} → the rogue signature that was reported.
	rogues collections.Map[collections.Triple[uint64, string, []byte], types.RogueSignature]
}

// NewKeeper returns the module's keeper. authority (bech32) may change the parameters; submitters maps the senders of duty
// transactions to operators.
func NewKeeper(cdc codec.BinaryCodec, service store.KVStoreService, authority string, submitters types.SubmitterKeeper) Keeper {
	sb := collections.NewSchemaBuilder(service)
	memberKey := collections.PairKeyCodec(collections.Uint64Key, collections.Uint32Key)
	idPair := collections.PairKeyCodec(collections.Uint64Key, collections.Uint64Key)
	heightID := collections.PairKeyCodec(collections.Int64Key, collections.Uint64Key)
	k := Keeper{
		authority:  authority,
		submitters: submitters,
		Params:     collections.NewItem(sb, types.ParamsKey, "params", codec.CollValue[types.Params](cdc)),

		nextVault:   collections.NewSequence(sb, types.NextVaultKey, "next_vault"),
		nextSession: collections.NewSequence(sb, types.NextSessionKey, "next_session"),

		vaults:        collections.NewMap(sb, types.VaultsPrefix, "vaults", collections.Uint64Key, codec.CollValue[types.Vault](cdc)),
		vaultContract: collections.NewKeySet(sb, types.VaultContractPrefix, "vault_contract", idPair),
		vaultAddress: collections.NewMap(sb, types.VaultAddressPrefix, "vault_address",
			collections.PairKeyCodec(collections.StringKey, collections.Uint64Key), collections.Uint64Value),
		signers: collections.NewMap(sb, types.SignersPrefix, "signers",
			collections.PairKeyCodec(collections.Uint64Key, collections.StringKey), codec.CollValue[types.Signer](cdc)),

		sessions:   collections.NewMap(sb, types.SessionsPrefix, "sessions", collections.Uint64Key, codec.CollValue[types.Session](cdc)),
		payloads:   collections.NewMap(sb, types.PayloadsPrefix, "payloads", collections.Uint64Key, codec.CollValue[types.Payload](cdc)),
		tallies:    collections.NewMap(sb, types.TalliesPrefix, "tallies", collections.Uint64Key, codec.CollValue[types.Tally](cdc)),
		signatures: collections.NewMap(sb, types.SignaturesPrefix, "signatures", memberKey, codec.CollValue[types.MemberSignature](cdc)),
		wrongs:     collections.NewMap(sb, types.WrongsPrefix, "wrongs", memberKey, collections.Uint32Value),

		series:   collections.NewMap(sb, types.SeriesPrefix, "series", collections.Uint64Key, codec.CollValue[types.Series](cdc)),
		attempts: collections.NewKeySet(sb, types.AttemptsPrefix, "attempts", idPair),
		due:      collections.NewKeySet(sb, types.DuePrefix, "due", heightID),
		prunes:   collections.NewKeySet(sb, types.PrunesPrefix, "prunes", heightID),
		nextDue:  collections.NewItem(sb, types.NextDueKey, "next_due", collections.Int64Value),
		digests:  collections.NewMap(sb, types.DigestsPrefix, "digests", collections.BytesKey, collections.Uint64Value),
		rogues: collections.NewMap(sb, types.RoguesPrefix, "rogues",
			collections.TripleKeyCodec(collections.Uint64Key, collections.StringKey, collections.BytesKey), codec.CollValue[types.RogueSignature](cdc)),
	}
	schema, err := sb.Build()
	if err != nil {
		panic(err)
	}
	k.Schema = schema
	return k
}

// SetHooks sets the hooks, once, while the app is wired and before the keeper is copied.
func (k *Keeper) SetHooks(hooks types.Hooks) {
	if k.hooks != nil {
		panic("multisig hooks are set already")
	}
	k.hooks = hooks
}

// Authority returns the address that may change the parameters.
func (k Keeper) Authority() string { return k.authority }
