package app_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/baseapp"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	pruningtypes "github.com/cosmos/cosmos-sdk/store/v2/pruning/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/app"
	"github.com/stafiprotocol/stafid/cmd/stafid/localnet"
	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	stakingcontractsim "github.com/stafiprotocol/stafid/x/stakingcontract/simulation"
)

const (
	// lifeNewcomers may create validators in the course of a life.
	lifeNewcomers = 24
	// lifeCache is in nodes of a store's tree.
	lifeCache   = 5_000
	lifeStakers = 12
	// lifeWindow is slashing's window of signed blocks, half of which have to be signed.
	lifeWindow    = 20
	lifeMaxMissed = lifeWindow / 2
	lifeUnbonding = 300 * time.Second
	// fis is a FIS in ufis.
	fis = 1_000_000
)

// sv is one who runs a validator, or may.
type sv struct {
	name                string
	operator, submitter cryptotypes.PrivKey
	// raw, text and relayer are its addresses as an operator and its submitter's, made once.
	raw           sdk.ValAddress
	text, relayer string
	// keys are the consensus keys that it ever used, the newest last; none before it created its validator.
	keys []cmted25519.PubKey
	// down is for how many more blocks its node signs nothing.
	down int
	// votes that x/slashing counts, oldest first: true where it was absent.
	votes []bool
	// entered is the height at which it last entered the set that CometBFT is to have, returned that at which it last left the excluded
	// operators, missed the votes missed since, as x/slashing counts them.
	entered, returned int64
	missed            int
	// signers counts its registrations of signers.
	signers int
}

func newSV(name string, operator, submitter cryptotypes.PrivKey) *sv {
	raw := sdk.ValAddress(account(operator))
	return &sv{
		name: name, operator: operator, submitter: submitter, raw: raw, text: raw.String(), relayer: account(submitter).String(),
	}
}

// nextKey is a consensus key that nobody had.
func (v *sv) nextKey() cmted25519.PubKey {
	secret := binary.BigEndian.AppendUint64([]byte(v.name), uint64(len(v.keys)))
	return cmted25519.GenPrivKeyFromSecret(secret).PubKey().(cmted25519.PubKey)
}

// consensusLife is a random life of the real app in which whatever can change CometBFT's set happens: stake moves, validators come, go,
// miss blocks, sign twice and rotate their keys, candidates register and resign, and the contracts of two original chains have their
// committees elected and relieved by real handovers.
type consensusLife struct {
	*simulation
	// founders start the chain: the first of the svs.
	founders int
	svs      []*sv
	rich     []cryptotypes.PrivKey
	// addresses of all who have an account, made once.
	addresses map[cryptotypes.PrivKey]sdk.AccAddress
	// originals are the original chains, in order of their contracts.
	originals []*stakingcontractsim.OriginalChain
	// owners are SVs by every consensus address that they had, signers private keys by public key.
	owners  map[string]*sv
	signers map[string]cryptotypes.PrivKey
	// beacons are secret beacon keys by public key, conducts how relayers behave in the round of the era conductsOf, by operator.
	beacons    map[string]pvss.SecretKey
	conducts   map[string]conduct
	conductsOf uint64
	// favourite is where much of the stake goes.
	favourite *sv
	// pending is what to do if a transaction succeeds, by its place in the block.
	pending map[int]func()
	seen    lifeSeen
	// calledIn is the era in which a standby was last called.
	calledIn uint64
}

func newConsensusLife(t *testing.T, seed int64) *consensusLife {
	t.Helper()
	l := &consensusLife{
		founders: foundersOf(seed), addresses: map[cryptotypes.PrivKey]sdk.AccAddress{}, owners: map[string]*sv{}, signers: map[string]cryptotypes.PrivKey{}, pending: map[int]func(){},
		beacons: map[string]pvss.SecretKey{}, conducts: map[string]conduct{},
	}
	l.seen.init()
	r := rand.New(rand.NewSource(seed))
	l.simulation = &simulation{
		r: r, delivered: map[string]int{}, refused: map[string]int{}, lastRefusal: map[string]string{},
		chain: newChainOf(t, lifeApp(), l.founders, smallNetwork, l.people, func(wired *app.App, state map[string]json.RawMessage) {
			require.NoError(t, lifeParams(wired, state, l.founders+2))
			require.NoError(t, unequalStakes(wired, state, r))
		}),
	}
	for i, key := range l.operators {
		v := newSV(fmt.Sprintf("founder %d", i), key, l.submitters[i])
		v.keys = append(v.keys, cmted25519.GenPrivKeyFromSecret([]byte{byte(i)}).PubKey().(cmted25519.PubKey))
		l.own(v)
		l.svs[i] = v
	}
	l.collectAccounts()
	l.favourite = l.svs[0]
	l.found()
	return l
}

// foundersOf a life are 24 to 36: with the fewest the guard often ends the drawing of members, with the most committees are full.
func foundersOf(seed int64) int { return 24 + 4*int(seed%4) }

// lifeApp keeps little: old versions are pruned, the trees have no index of their newest leaves, which would have to be written too, and
// their caches of nodes are not much larger than the state. Pruning in a goroutine would keep a life's state after its end.
func lifeApp() *app.App {
	return newApp(
		baseapp.SetPruning(pruningtypes.NewPruningOptions(pruningtypes.PruningEverything)), baseapp.SetIAVLDisableFastNode(true),
		baseapp.SetIAVLCacheSize(lifeCache), baseapp.SetIAVLSyncPruning(true),
	)
}

func (l *consensusLife) own(v *sv) {
	for _, key := range v.keys {
		l.owners[string(key.Address())] = v
	}
}

// people gives newcomers and stakers accounts; founders, who are made with the chain, are put before them later.
func (l *consensusLife) people(wired *app.App, state map[string]json.RawMessage) {
	cdc := wired.Encoding().Codec
	auth, bank := authtypes.GenesisState{}, banktypes.GenesisState{}
	cdc.MustUnmarshalJSON(state[authtypes.ModuleName], &auth)
	cdc.MustUnmarshalJSON(state[banktypes.ModuleName], &bank)
	accounts, err := authtypes.UnpackAccounts(auth.Accounts)
	if err != nil {
		panic(err)
	}
	endow := func(key cryptotypes.PrivKey, amount int64) {
		accounts = append(accounts, authtypes.NewBaseAccountWithAddress(account(key)))
		bank.Balances = append(bank.Balances, banktypes.Balance{
			Address: account(key).String(), Coins: sdk.NewCoins(sdk.NewInt64Coin(app.BondDenom, amount*fis)),
		})
	}
	l.svs = make([]*sv, l.founders, l.founders+lifeNewcomers)
	for i := range lifeNewcomers {
		v := newSV(fmt.Sprintf("newcomer %d", i),
			secp256k1.GenPrivKeyFromSecret([]byte{'n', byte(i)}), secp256k1.GenPrivKeyFromSecret([]byte{'m', byte(i)}))
		l.svs = append(l.svs, v)
		endow(v.operator, 200_000)
		endow(v.submitter, 1_000)
	}
	for i := range lifeStakers {
		key := secp256k1.GenPrivKeyFromSecret([]byte{'r', byte(i)})
		l.rich = append(l.rich, key)
		endow(key, 400_000)
	}
	packed, err := authtypes.PackAccounts(authtypes.SanitizeGenesisAccounts(accounts))
	if err != nil {
		panic(err)
	}
	auth.Accounts, bank.Balances = packed, banktypes.SanitizeGenesisBalances(bank.Balances)
	state[authtypes.ModuleName], state[banktypes.ModuleName] = cdc.MustMarshalJSON(&auth), cdc.MustMarshalJSON(&bank)
}

// lifeParams are the protocol's guard and shares with eras of a minute and quick punishment, pardon and unbonding. At most so many
// validators can be bonded.
func lifeParams(wired *app.App, state map[string]json.RawMessage, bonded int) error {
	cdc, defaults := wired.Encoding().Codec, ssvtypes.DefaultParams()
	err := localnet.Edit(cdc, state, ssvtypes.ModuleName, func(ssv *ssvtypes.GenesisState) {
		p := &ssv.Params
		p.MaxExcludedPower, p.MinProducers, p.MaxCandidatePower = defaults.MaxExcludedPower, defaults.MinProducers, defaults.MaxCandidatePower
		p.MaxRestingShare, p.MinPoolFactor = defaults.MaxRestingShare, 2
		p.MinTenure, p.SlashMemory = 1, 3
		p.HeartbeatInterval, p.HeartbeatWindow = 100, 400
		p.MinOnlineRate = math.LegacyNewDecWithPrec(50, 2)
		p.MaxHandoverEras, p.ClosingEras = 1, 1
		p.BeaconSize, p.MinBeaconShare = lifeDealers, math.LegacyNewDecWithPrec(1, 2)
	})
	if err != nil {
		return err
	}
	err = localnet.Edit(cdc, state, stakingtypes.ModuleName, func(staking *stakingtypes.GenesisState) {
		staking.Params.UnbondingTime, staking.Params.MaxValidators = lifeUnbonding, uint32(bonded)
	})
	if err != nil {
		return err
	}
	return localnet.Edit(cdc, state, slashingtypes.ModuleName, func(slashing *slashingtypes.GenesisState) {
		slashing.Params.SignedBlocksWindow = lifeWindow
		slashing.Params.MinSignedPerWindow = math.LegacyNewDecWithPrec(50, 2)
		slashing.Params.DowntimeJailDuration = 30 * time.Second
	})
}

// unequalStakes makes the founders' stakes 20,000 to 180,000 FIS, so that some are too heavy to be candidates.
func unequalStakes(wired *app.App, state map[string]json.RawMessage, r *rand.Rand) error {
	cdc, extra := wired.Encoding().Codec, int64(0)
	err := localnet.Edit(cdc, state, stakingtypes.ModuleName, func(staking *stakingtypes.GenesisState) {
		for i := range staking.Validators {
			tokens := int64(20_000+r.Intn(160_000)) * fis
			staking.Validators[i].Tokens = math.NewInt(tokens)
			staking.Validators[i].DelegatorShares = math.LegacyNewDec(tokens)
			staking.Delegations[i].Shares = math.LegacyNewDec(tokens)
			extra += tokens - selfBond
		}
	})
	if err != nil {
		return err
	}
	pool := authtypes.NewModuleAddress(stakingtypes.NotBondedPoolName).String()
	return localnet.Edit(cdc, state, banktypes.ModuleName, func(bank *banktypes.GenesisState) {
		for i, balance := range bank.Balances {
			if balance.Address == pool {
				held := balance.Coins.AmountOf(app.BondDenom).AddRaw(extra)
				bank.Balances[i].Coins = sdk.NewCoins(sdk.NewCoin(app.BondDenom, held))
			}
		}
	})
}

func (l *consensusLife) collectAccounts() {
	keys := append([]cryptotypes.PrivKey(nil), l.rich...)
	for _, v := range l.svs {
		keys = append(keys, v.operator, v.submitter)
	}
	for _, key := range keys {
		l.addresses[key] = account(key)
		l.accounts = append(l.accounts, simtypes.Account{
			PrivKey: key, PubKey: key.PubKey(), Address: l.addresses[key], AddressBech32: l.addresses[key].String(),
		})
	}
}

// commit is what the last block's set signed. Nodes that are down are absent while two thirds of the power sign: with less CometBFT
// would make no block.
func (l *consensusLife) commit() abci.CommitInfo {
	info := commitInfo(l.last)
	if l.last == nil {
		return info
	}
	absent := int64(0)
	for i, vote := range info.Votes {
		v := l.owners[string(vote.Validator.Address)]
		missed := v.down > 0 && 3*(absent+vote.Validator.Power) < l.last.TotalVotingPower()
		if missed {
			absent += vote.Validator.Power
			info.Votes[i].BlockIdFlag = 1
		}
		l.countVote(v, missed)
	}
	return info
}

// finalize makes the next block, which may carry evidence, as CometBFT would.
func (l *consensusLife) finalize(evidence []abci.Misbehavior, txs ...[]byte) *abci.ResponseFinalizeBlock {
	l.t.Helper()
	l.height++
	l.time = l.time.Add(blockTime)
	if l.r.Intn(600) == 0 {
		l.time = l.time.Add(time.Duration(l.r.Intn(200)) * time.Second) // the chain was down
	}
	response, err := l.app.FinalizeBlock(&abci.RequestFinalizeBlock{
		Height: l.height, Time: l.time, Txs: txs, Hash: []byte("block hash of thirty-two bytes..")[:32], Misbehavior: evidence,
		ProposerAddress: l.current.GetProposer().Address, DecidedLastCommit: l.commit(), NextValidatorsHash: l.next.Hash(),
	})
	require.NoError(l.t, err, "height %d", l.height)
	_, err = l.app.Commit()
	require.NoError(l.t, err)
	l.appHash = response.AppHash
	l.rotate(response.ValidatorUpdates)
	return response
}

// doubleSign is evidence that a validator of the last block's set signed it twice.
func (l *consensusLife) doubleSign() []abci.Misbehavior {
	offender := l.last.Validators[l.r.Intn(len(l.last.Validators))]
	return []abci.Misbehavior{{
		Type: abci.MisbehaviorType_DUPLICATE_VOTE, Height: l.height, Time: l.time, TotalVotingPower: l.last.TotalVotingPower(),
		Validator: abci.Validator{Address: offender.Address, Power: offender.VotingPower},
	}}
}

func consensusKey(t testing.TB, key cmted25519.PubKey) cryptotypes.PubKey {
	t.Helper()
	public, err := cryptocodec.FromCmtPubKeyInterface(key)
	require.NoError(t, err)
	return public
}
