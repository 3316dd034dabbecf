// Package keeper is the state machine of x/stakingcontract: contracts and their books, observations, deposits, redemptions, payouts,
// handovers and sweeps (protocol §§8–11).
package keeper

import (
	"context"

	"cosmossdk.io/collections"
	collcodec "cosmossdk.io/collections/codec"
	"cosmossdk.io/core/store"
	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// depositKey is (contract, transaction hash, index).
type depositKey = collections.Triple[uint64, []byte, uint32]

// refundKey is (contract, height of this chain, transaction hash, index).
type refundKey = collections.Quad[uint64, int64, []byte, uint32]

// Keeper holds the module's state and the keepers that it calls. It has no mutable fields and may be copied.
type Keeper struct {
	account   types.AccountKeeper
	bank      types.BankKeeper
	multisig  types.MultisigKeeper
	ssv       types.SSVKeeper
	authority string

	// Schema of the module's store.
	Schema collections.Schema

	params         collections.Item[types.Params]
	nextContract   collections.Sequence
	nextRedemption collections.Sequence
	nextPlace      collections.Sequence
	contracts      collections.Map[uint64, types.Contract]
	states         collections.Map[uint64, types.ContractState]
	ledgers        collections.Map[uint64, types.Ledger]
	proposals      collections.Map[collections.Pair[uint64, []byte], types.Proposal]
	events         collections.Map[collections.Pair[[]byte, uint32], types.Event]
	votes          collections.Map[collections.Pair[[]byte, string], types.Vote]
	backoffs       collections.Map[collections.Pair[uint64, string], types.Backoff]
	deposits       collections.Map[depositKey, types.Deposit]
	redemptions    collections.Map[uint64, types.Redemption]
	history        collections.Map[collections.Pair[uint64, uint32], types.StatusChange]
	batches        collections.Map[uint64, types.Batch]
	// rejections are the observations that N members rejected since the last one that was accepted, by (contract, hash, proposer).
	rejections collections.Map[collections.Triple[uint64, []byte, string], types.Rejection]
	// eraStarts are the contracts whose start of an era failed and is tried again.
	eraStarts collections.Map[uint64, types.EraStart]
	// arrivals are what moves brought for deposits that share it, by (vault, highest ordinal).
	arrivals collections.Map[collections.Pair[uint64, uint64], types.Arrival]
	// clients holds the calls counted, inflows what accounts received of a contract's rToken; both by era first.
	clients collections.Map[clientKey, uint64]
	inflows collections.Map[inflowKey, math.Int]

	// attention holds the contracts that have something to do in EndBlock; a contract that rests costs nothing.
	attention collections.KeySet[uint64]
	// credits are what governance gave for coins that came to the reserve by mistake, by (contract, transaction).
	credits collections.Map[collections.Pair[uint64, []byte], types.Credit]
	// awake is there where attention may hold a contract, so that a block in which all rest reads one key.
	awake collections.Item[bool]
	// applying holds the hash of the accepted observation of a contract whose events are being applied.
	applying collections.Map[uint64, []byte]
	// deadlines is the due-queue (height, contract, hash) of open proposals.
	deadlines collections.KeySet[collections.Triple[int64, uint64, []byte]]
	// trash holds the number of events of a dropped proposal that are still to be deleted.
	trash collections.Map[[]byte, uint32]
	// waiting holds the deposits with a recipient that are not minted, by (contract, vault, ordinal).
	waiting collections.Map[collections.Triple[uint64, uint64, uint64], depositKey]
	// mintWork holds the (contract, vault) whose waiting deposits may have become mintable.
	mintWork collections.KeySet[collections.Pair[uint64, uint64]]
	// queue holds the redemptions to pay, by (contract, place).
	queue collections.Map[collections.Pair[uint64, uint64], uint64]
	// suspects holds the redemptions of batches that failed, by (contract, root of the first such batch, redemption).
	suspects collections.KeySet[collections.Triple[uint64, uint64, uint64]]
	// refunds is the due-queue (contract, height, transaction hash, index) of deposits that go back to their senders.
	refunds collections.KeySet[refundKey]
	// unmatched is (contract, sender, transaction hash, index) of deposits of Ethereum contracts that name nobody.
	unmatched collections.KeySet[collections.Quad[uint64, string, []byte, uint32]]
	// redeemers holds (account, redemption); openCount the number of an account's redemptions that are not finished.
	redeemers collections.KeySet[collections.Pair[[]byte, uint64]]
	openCount collections.Map[[]byte, uint32]
	// openSeries holds the root of each vault's unfinished series, by (contract, vault).
	openSeries collections.Map[collections.Pair[uint64, uint64], uint64]
	// sweepWork holds the vaults that may have money to sweep, by (contract, height from which on to look, vault).
	sweepWork collections.KeySet[collections.Triple[uint64, uint64, uint64]]
	// openVaults holds the vaults that are not CLOSED, by (contract, vault).
	openVaults collections.KeySet[collections.Pair[uint64, uint64]]
	// rtokens holds the contract of each rToken denom.
	rtokens collections.Map[string, uint64]
}

// NewKeeper builds the keeper; authority is the account that deploys and halts contracts. It panics if the module's account is not known to
// x/auth, which is a mistake of wiring.
func NewKeeper(
	cdc codec.BinaryCodec, storeService store.KVStoreService, account types.AccountKeeper, bank types.BankKeeper,
	multisig types.MultisigKeeper, ssv types.SSVKeeper, authority string,
) Keeper {
	if account.GetModuleAddress(types.ModuleName) == nil {
		panic("the " + types.ModuleName + " module account has not been set")
	}
	k := Keeper{account: account, bank: bank, multisig: multisig, ssv: ssv, authority: authority}
	sb := collections.NewSchemaBuilder(storeService)
	k.addRecords(sb, cdc)
	k.addCalls(sb)
	k.addIndexes(sb)
	schema, err := sb.Build()
	if err != nil {
		panic(err)
	}
	k.Schema = schema
	return k
}

func (k *Keeper) addRecords(sb *collections.SchemaBuilder, cdc codec.BinaryCodec) {
	var (
		id    = collections.Uint64Key
		index = collections.Uint32Key
		hash  = collections.BytesKey
		text  = collections.StringKey
	)
	k.params = collections.NewItem(sb, types.ParamsPrefix, "params", codec.CollValue[types.Params](cdc))
	k.nextContract = collections.NewSequence(sb, types.NextContractPrefix, "next_contract")
	k.nextRedemption = collections.NewSequence(sb, types.NextRedemptionPrefix, "next_redemption")
	k.nextPlace = collections.NewSequence(sb, types.NextPlacePrefix, "next_place")
	k.contracts = collections.NewMap(sb, types.ContractsPrefix, "contracts", id, codec.CollValue[types.Contract](cdc))
	k.states = collections.NewMap(sb, types.StatesPrefix, "states", id, codec.CollValue[types.ContractState](cdc))
	k.ledgers = collections.NewMap(sb, types.LedgersPrefix, "ledgers", id, codec.CollValue[types.Ledger](cdc))
	k.proposals = collections.NewMap(sb, types.ProposalsPrefix, "proposals", collections.PairKeyCodec(id, hash), codec.CollValue[types.Proposal](cdc))
	k.events = collections.NewMap(sb, types.EventsPrefix, "events", collections.PairKeyCodec(hash, index), codec.CollValue[types.Event](cdc))
	k.votes = collections.NewMap(sb, types.VotesPrefix, "votes", collections.PairKeyCodec(hash, text), codec.CollValue[types.Vote](cdc))
	k.backoffs = collections.NewMap(sb, types.BackoffsPrefix, "backoffs", collections.PairKeyCodec(id, text), codec.CollValue[types.Backoff](cdc))
	k.deposits = collections.NewMap(sb, types.DepositsPrefix, "deposits", collections.TripleKeyCodec(id, hash, index), codec.CollValue[types.Deposit](cdc))
	k.redemptions = collections.NewMap(sb, types.RedemptionsPrefix, "redemptions", id, codec.CollValue[types.Redemption](cdc))
	k.history = collections.NewMap(sb, types.HistoryPrefix, "history", collections.PairKeyCodec(id, index), codec.CollValue[types.StatusChange](cdc))
	k.rejections = collections.NewMap(sb, types.RejectionsPrefix, "rejections", collections.TripleKeyCodec(id, hash, text), codec.CollValue[types.Rejection](cdc))
	k.eraStarts = collections.NewMap(sb, types.EraStartsPrefix, "era_starts", id, codec.CollValue[types.EraStart](cdc))
	k.arrivals = collections.NewMap(sb, types.ArrivalsPrefix, "arrivals", collections.PairKeyCodec(id, id), codec.CollValue[types.Arrival](cdc))
	k.credits = collections.NewMap(sb, types.CreditsPrefix, "credits", collections.PairKeyCodec(id, hash), codec.CollValue[types.Credit](cdc))
	k.batches = collections.NewMap(sb, types.BatchesPrefix, "batches", id, codec.CollValue[types.Batch](cdc))
}

func (k *Keeper) addIndexes(sb *collections.SchemaBuilder) {
	var (
		id    = collections.Uint64Key
		index = collections.Uint32Key
		hash  = collections.BytesKey
	)
	deposit := collcodec.KeyToValueCodec(collections.TripleKeyCodec(id, hash, index))
	k.attention = collections.NewKeySet(sb, types.AttentionPrefix, "attention", id)
	k.awake = collections.NewItem(sb, types.AwakeKey, "awake", collections.BoolValue)
	k.applying = collections.NewMap(sb, types.ApplyingPrefix, "applying", id, collections.BytesValue)
	k.deadlines = collections.NewKeySet(sb, types.DeadlinesPrefix, "deadlines", collections.TripleKeyCodec(collections.Int64Key, id, hash))
	k.trash = collections.NewMap(sb, types.TrashPrefix, "trash", hash, collections.Uint32Value)
	k.waiting = collections.NewMap(sb, types.WaitingPrefix, "waiting", collections.TripleKeyCodec(id, id, id), deposit)
	k.mintWork = collections.NewKeySet(sb, types.MintWorkPrefix, "mint_work", collections.PairKeyCodec(id, id))
	k.queue = collections.NewMap(sb, types.QueuePrefix, "queue", collections.PairKeyCodec(id, id), collections.Uint64Value)
	k.suspects = collections.NewKeySet(sb, types.SuspectsPrefix, "suspects", collections.TripleKeyCodec(id, id, id))
	k.unmatched = collections.NewKeySet(sb, types.UnmatchedPrefix, "unmatched", collections.QuadKeyCodec(id, collections.StringKey, hash, index))
	k.refunds = collections.NewKeySet(sb, types.RefundsPrefix, "refunds", collections.QuadKeyCodec(id, collections.Int64Key, hash, index))
	k.redeemers = collections.NewKeySet(sb, types.RedeemersPrefix, "redeemers", collections.PairKeyCodec(hash, id))
	k.openCount = collections.NewMap(sb, types.OpenCountPrefix, "open_count", hash, collections.Uint32Value)
	k.openSeries = collections.NewMap(sb, types.OpenSeriesPrefix, "open_series", collections.PairKeyCodec(id, id), collections.Uint64Value)
	k.openVaults = collections.NewKeySet(sb, types.OpenVaultsPrefix, "open_vaults", collections.PairKeyCodec(id, id))
	k.sweepWork = collections.NewKeySet(sb, types.SweepWorkPrefix, "sweep_work", collections.TripleKeyCodec(id, id, id))
}

// Authority returns the account that deploys and halts contracts.
func (k Keeper) Authority() string { return k.authority }

// Params returns the module's parameters.
func (k Keeper) Params(ctx context.Context) (types.Params, error) { return k.params.Get(ctx) }

func (k Keeper) logger(ctx context.Context) log.Logger {
	return sdk.UnwrapSDKContext(ctx).Logger().With("module", "x/"+types.ModuleName)
}

// height is the height of this chain.
func height(ctx context.Context) int64 { return sdk.UnwrapSDKContext(ctx).BlockHeight() }
