package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	"cosmossdk.io/collections/codec"
	"cosmossdk.io/core/address"
	"cosmossdk.io/core/store"
	"cosmossdk.io/log/v2"

	sdkcodec "github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// Keeper holds the candidate register, eras, pools, committees, the consensus set and the accounts of duty (protocol §§2–6,
// 12). Its state is all in the store; the hooks and x/slashing are set once, while the app is wired.
type Keeper struct {
	authority    string
	addresses    address.Codec
	operators    address.Codec
	staking      types.StakingKeeper
	slashing     types.SlashingKeeper
	bank         types.BankKeeper
	distribution types.DistributionKeeper
	hooks        types.ContractHooks

	Schema collections.Schema
	Params collections.Item[types.Params]
	// Era is the current one. One without an end has not begun: it does with the first block.
	Era        collections.Item[types.Era]
	EraRecords collections.Map[uint64, types.EraRecord]
	Transition collections.Item[types.Transition]

	Candidates  collections.Map[sdk.ValAddress, types.Candidate]
	Submitters  collections.Map[sdk.AccAddress, []byte] // to operator
	SubmitterOf collections.Map[sdk.ValAddress, []byte]
	// Keys ties every chain key that was ever registered to its operator.
	Keys         collections.Map[[]byte, []byte]
	Heartbeats   collections.Map[sdk.ValAddress, types.Heartbeat]
	Liveness     collections.Map[sdk.ValAddress, types.Liveness]
	Tenures      collections.Map[sdk.ValAddress, uint64]
	SlashRecords collections.Map[sdk.ValAddress, types.SlashRecord]
	Bans         collections.Map[sdk.ValAddress, uint64]

	Freezes collections.Map[uint64, types.Freeze]
	// PoolPages hold the frozen pools by era and first operator of the page, PoolTops their greatest weights.
	PoolPages collections.Map[collections.Pair[uint64, sdk.ValAddress], types.PoolPage]
	PoolTops  collections.Map[uint64, types.PoolTop]
	// Standings are what the freeze asks of other modules, Unmeasured the operators of whom it has to be asked anew, and Absentees
	// those who may have missed blocks.
	Standings  collections.Map[sdk.ValAddress, types.Standing]
	Unmeasured collections.Map[sdk.ValAddress, int64]
	Absentees  collections.KeySet[sdk.ValAddress]
	// Chores are the lists of work that may not be empty.
	Chores collections.KeySet[uint32]

	// Committees by era and contract; Seats gives the era of each contract's present one.
	Committees collections.Map[collections.Pair[uint64, uint64], types.Committee]
	Seats      collections.Map[uint64, uint64]
	// Elected committees are those of the current transition that are not seated yet, by contract.
	Elected collections.Map[uint64, types.Committee]
	// Excluded operators are the members of all present committees.
	Excluded collections.KeySet[sdk.ValAddress]

	DutyAccounts      collections.Map[collections.Triple[uint64, sdk.ValAddress, uint64], types.DutyAccount]
	CallAccounts      callAccounts
	HeartbeatAccounts collections.Map[collections.Pair[uint64, sdk.ValAddress], types.HeartbeatAccount]

	// Rounds of the seed and their dealers stay with an era's history; Dealings, and Decryptions by era, dealer and decryptor, are removed
	// from rounds that ended, which EndedRounds lists until that is done. FirstSeed is genesis' for the first election.
	Rounds      collections.Map[uint64, types.Round]
	Dealers     collections.Map[collections.Pair[uint64, sdk.ValAddress], types.Dealer]
	Dealings    collections.Map[collections.Pair[uint64, sdk.ValAddress], []byte]
	Decryptions collections.Map[collections.Triple[uint64, sdk.ValAddress, sdk.ValAddress], types.Decryption]
	EndedRounds collections.KeySet[uint64]
	FirstSeed   collections.Item[[]byte]

	emergencies
	settlements

	// ConsensusSet is what was last sent to CometBFT, by consensus address; ConsensusDue marks that it has to be projected anew.
	ConsensusSet collections.Map[sdk.ConsAddress, types.Producer]
	ConsensusDue collections.Item[bool]
	// OldestEra and OldestPool are the eras that pruning has come to.
	OldestEra  collections.Item[uint64]
	OldestPool collections.Item[uint64]
}

// Options are what a Keeper is built of.
type Options struct {
	Codec sdkcodec.BinaryCodec
	Store store.KVStoreService
	// Authority is the account that sets parameters, as bech32.
	Authority string
	Addresses address.Codec
	Staking   types.StakingKeeper
	Bank      types.BankKeeper
}

// NewKeeper builds the keeper. SetSlashingKeeper and SetDistributionKeeper must be called before the app runs, SetHooks where there are contracts. All
// who need the keeper must hold the pointer that is returned.
func NewKeeper(options Options) *Keeper {
	sb := collections.NewSchemaBuilder(options.Store)
	k := &Keeper{
		authority: options.Authority,
		addresses: options.Addresses,
		operators: options.Staking.ValidatorAddressCodec(),
		staking:   options.Staking,
		bank:      options.Bank,
		hooks:     noContracts{},
	}
	k.buildEras(sb, options.Codec)
	k.buildCandidates(sb, options.Codec)
	k.buildStandings(sb, options.Codec)
	k.buildCommittees(sb, options.Codec)
	k.emergencies.build(sb, options.Codec)
	k.settlements.build(sb, options.Codec)
	k.buildRounds(sb, options.Codec)
	schema, err := sb.Build()
	if err != nil {
		panic(err)
	}
	k.Schema = schema
	return k
}

func (k *Keeper) buildEras(sb *collections.SchemaBuilder, cdc sdkcodec.BinaryCodec) {
	k.Params = collections.NewItem(sb, types.ParamsPrefix, "params", sdkcodec.CollValue[types.Params](cdc))
	k.Era = collections.NewItem(sb, types.EraPrefix, "era", sdkcodec.CollValue[types.Era](cdc))
	k.EraRecords = byNumber[types.EraRecord](sb, types.EraRecordsPrefix, "era_records", cdc)
	k.Transition = collections.NewItem(sb, types.TransitionPrefix, "transition", sdkcodec.CollValue[types.Transition](cdc))
	k.OldestEra = collections.NewItem(sb, types.OldestEraPrefix, "oldest_era", collections.Uint64Value)
	k.OldestPool = collections.NewItem(sb, types.OldestPoolPrefix, "oldest_pool", collections.Uint64Value)
}

func (k *Keeper) buildCandidates(sb *collections.SchemaBuilder, cdc sdkcodec.BinaryCodec) {
	k.Candidates = byOperator(sb, types.CandidatesPrefix, "candidates", sdkcodec.CollValue[types.Candidate](cdc))
	k.Submitters = collections.NewMap(sb, types.SubmittersPrefix, "submitters", sdk.AccAddressKey, collections.BytesValue)
	k.SubmitterOf = byOperator(sb, types.SubmitterOfPrefix, "submitter_of", collections.BytesValue)
	k.Keys = collections.NewMap(sb, types.KeysPrefix, "keys", collections.BytesKey, collections.BytesValue)
	k.Heartbeats = byOperator(sb, types.HeartbeatsPrefix, "heartbeats", sdkcodec.CollValue[types.Heartbeat](cdc))
	k.Liveness = byOperator(sb, types.LivenessPrefix, "liveness", sdkcodec.CollValue[types.Liveness](cdc))
	k.Tenures = byOperator(sb, types.TenuresPrefix, "tenures", collections.Uint64Value)
	k.SlashRecords = byOperator(sb, types.SlashRecordsPrefix, "slash_records", sdkcodec.CollValue[types.SlashRecord](cdc))
	k.Bans = byOperator(sb, types.BansPrefix, "bans", collections.Uint64Value)
}

func (k *Keeper) buildStandings(sb *collections.SchemaBuilder, cdc sdkcodec.BinaryCodec) {
	k.Standings = byOperator(sb, types.StandingsPrefix, "standings", sdkcodec.CollValue[types.Standing](cdc))
	k.Unmeasured = byOperator(sb, types.UnmeasuredPrefix, "unmeasured", collections.Int64Value)
	k.Absentees = collections.NewKeySet(sb, types.AbsenteesPrefix, "absentees", sdk.ValAddressKey)
	k.Chores = collections.NewKeySet(sb, types.ChoresPrefix, "chores", collections.Uint32Key)
}

func (k *Keeper) buildCommittees(sb *collections.SchemaBuilder, cdc sdkcodec.BinaryCodec) {
	eraOperator := collections.PairKeyCodec(collections.Uint64Key, sdk.ValAddressKey)
	k.Freezes = byNumber[types.Freeze](sb, types.FreezesPrefix, "freezes", cdc)
	k.PoolPages = collections.NewMap(sb, types.PoolPrefix, "pool", eraOperator, sdkcodec.CollValue[types.PoolPage](cdc))
	k.PoolTops = byNumber[types.PoolTop](sb, types.PoolTopsPrefix, "pool_tops", cdc)
	k.Committees = collections.NewMap(sb, types.CommitteesPrefix, "committees",
		collections.PairKeyCodec(collections.Uint64Key, collections.Uint64Key), sdkcodec.CollValue[types.Committee](cdc))
	k.Seats = collections.NewMap(sb, types.SeatsPrefix, "seats", collections.Uint64Key, collections.Uint64Value)
	k.Elected = byNumber[types.Committee](sb, types.ElectedPrefix, "elected", cdc)
	k.Excluded = collections.NewKeySet(sb, types.ExcludedPrefix, "excluded", sdk.ValAddressKey)
	k.DutyAccounts = collections.NewMap(sb, types.DutyAccountsPrefix, "duty_accounts",
		collections.TripleKeyCodec(collections.Uint64Key, sdk.ValAddressKey, collections.Uint64Key), sdkcodec.CollValue[types.DutyAccount](cdc))
	k.CallAccounts = newCallAccounts(sb, cdc)
	k.HeartbeatAccounts = collections.NewMap(sb, types.HeartbeatAccountsPrefix, "heartbeat_accounts",
		eraOperator, sdkcodec.CollValue[types.HeartbeatAccount](cdc))
	k.ConsensusSet = collections.NewMap(sb, types.ConsensusSetPrefix, "consensus_set", sdk.ConsAddressKey, sdkcodec.CollValue[types.Producer](cdc))
	k.ConsensusDue = collections.NewItem(sb, types.ConsensusDuePrefix, "consensus_due", collections.BoolValue)
}

func (k *Keeper) buildRounds(sb *collections.SchemaBuilder, cdc sdkcodec.BinaryCodec) {
	eraOperator := collections.PairKeyCodec(collections.Uint64Key, sdk.ValAddressKey)
	k.Rounds = byNumber[types.Round](sb, types.RoundsPrefix, "rounds", cdc)
	k.Dealers = collections.NewMap(sb, types.DealersPrefix, "dealers", eraOperator, sdkcodec.CollValue[types.Dealer](cdc))
	k.Dealings = collections.NewMap(sb, types.DealingsPrefix, "dealings", eraOperator, collections.BytesValue)
	k.Decryptions = collections.NewMap(sb, types.DecryptionsPrefix, "decryptions",
		collections.TripleKeyCodec(collections.Uint64Key, sdk.ValAddressKey, sdk.ValAddressKey), sdkcodec.CollValue[types.Decryption](cdc))
	k.EndedRounds = collections.NewKeySet(sb, types.EndedRoundsPrefix, "ended_rounds", collections.Uint64Key)
	k.FirstSeed = collections.NewItem(sb, types.FirstSeedPrefix, "first_seed", collections.BytesValue)
}

func byOperator[V any](
	sb *collections.SchemaBuilder, prefix collections.Prefix, name string, value codec.ValueCodec[V],
) collections.Map[sdk.ValAddress, V] {
	return collections.NewMap(sb, prefix, name, sdk.ValAddressKey, value)
}

func byNumber[V any, P interface {
	*V
	sdkcodec.ProtoMarshaler
}](sb *collections.SchemaBuilder, prefix collections.Prefix, name string, cdc sdkcodec.BinaryCodec) collections.Map[uint64, V] {
	return collections.NewMap(sb, prefix, name, collections.Uint64Key, sdkcodec.CollValue[V, P](cdc))
}

// SetHooks sets what is told of eras and committees; it panics if it was set before.
func (k *Keeper) SetHooks(hooks types.ContractHooks) {
	if _, unset := k.hooks.(noContracts); !unset {
		panic("hooks of x/ssv are set already")
	}
	k.hooks = hooks
}

// SetSlashingKeeper sets x/slashing, which is built after x/ssv because it slashes through it; it panics if it was set before.
func (k *Keeper) SetSlashingKeeper(slashing types.SlashingKeeper) {
	if k.slashing != nil {
		panic("slashing keeper of x/ssv is set already")
	}
	k.slashing = slashing
}

// SetDistributionKeeper sets x/distribution, through which rewards are paid and which is built after x/ssv; it panics if it was set before.
func (k *Keeper) SetDistributionKeeper(distribution types.DistributionKeeper) {
	if k.distribution != nil {
		panic("distribution keeper of x/ssv is set already")
	}
	k.distribution = distribution
}

// Authority returns the account that sets parameters, as bech32.
func (k Keeper) Authority() string { return k.authority }

func (k Keeper) logger(ctx context.Context) log.Logger {
	return sdk.UnwrapSDKContext(ctx).Logger().With("module", "x/"+types.ModuleName)
}

// GetParams returns the module's parameters.
func (k Keeper) GetParams(ctx context.Context) (types.Params, error) { return k.Params.Get(ctx) }

// operator returns the text of a raw operator address.
func (k Keeper) operator(raw sdk.ValAddress) (string, error) { return k.operators.BytesToString(raw) }

// rawOperator returns the raw bytes of an operator's address.
func (k Keeper) rawOperator(operator string) (sdk.ValAddress, error) {
	return k.operators.StringToBytes(operator)
}

// maybe returns the record and whether there is one.
func maybe[K, V any](ctx context.Context, m collections.Map[K, V], key K) (V, bool, error) {
	value, err := m.Get(ctx, key)
	if errors.Is(err, collections.ErrNotFound) {
		return value, false, nil
	}
	return value, err == nil, err
}

// maybeItem returns the item and whether it is set.
func maybeItem[V any](ctx context.Context, item collections.Item[V]) (V, bool, error) {
	value, err := item.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) {
		return value, false, nil
	}
	return value, err == nil, err
}

// noContracts stands where no module owns contracts.
type noContracts struct{}

func (noContracts) Demands(context.Context) ([]types.Demand, error)             { return nil, nil }
func (noContracts) Finished(context.Context, uint64) (bool, error)              { return false, nil }
func (noContracts) AfterCommitteeSeated(context.Context, types.Committee) error { return nil }
func (noContracts) AfterVaultTested(context.Context, uint64, string) error      { return nil }
func (noContracts) AfterEraStarted(ctx context.Context, era types.Era) error    { return nil }
