package app_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	errorsmod "cosmossdk.io/errors"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	govsim "github.com/cosmos/cosmos-sdk/x/gov/simulation"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/app"
	multisigkeeper "github.com/stafiprotocol/stafid/x/multisig/keeper"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvsim "github.com/stafiprotocol/stafid/x/ssv/simulation"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	stakingcontractsim "github.com/stafiprotocol/stafid/x/stakingcontract/simulation"
	stakingcontracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const (
	simValidators = 10
	// simTxs is how many operations are tried for each block.
	simTxs = 6
)

// simulation is a random life of the whole app: messages of its own modules and of the SDK's, each signed and delivered in a block.
type simulation struct {
	*chain
	r          *rand.Rand
	original   *stakingcontractsim.OriginalChain
	accounts   []simtypes.Account
	operations []simsx.WeightedFactory
	total      uint32
	// votes are due after proposals.
	votes []scheduled
	// delivered and refused count transactions by message type.
	delivered, refused map[string]int
	lastRefusal        map[string]string
}

// scheduled is a factory to run in the first block from a time on.
type scheduled struct {
	at      time.Time
	factory simsx.SimMsgFactoryX
}

// schedule has a factory run later.
func (s *simulation) schedule(at time.Time, factory simsx.SimMsgFactoryX) {
	s.votes = append(s.votes, scheduled{at, factory})
}

// scheduler lets governance's factories schedule votes.
type scheduler func(time.Time, simsx.SimMsgFactoryX)

// Add implements simsx.FutureOpsRegistry.
func (s scheduler) Add(at time.Time, factory simsx.SimMsgFactoryX) { s(at, factory) }

// due removes and returns what is due.
func (s *simulation) due() []simsx.SimMsgFactoryX {
	var now []simsx.SimMsgFactoryX
	s.votes = slices.DeleteFunc(s.votes, func(vote scheduled) bool {
		if vote.at.After(s.time) {
			return false
		}
		now = append(now, vote.factory)
		return true
	})
	return now
}

// operation is a factory's message on its way into a block.
type operation struct {
	name    string
	factory simsx.SimMsgFactoryX
	handle  simsx.SimDeliveryResultHandler
	raw     []byte
}

func newSimulation(t *testing.T, seed int64) *simulation {
	t.Helper()
	s := &simulation{
		chain: newChain(t, simValidators, smallNetwork), r: rand.New(rand.NewSource(seed)),
		delivered: map[string]int{}, refused: map[string]int{}, lastRefusal: map[string]string{},
	}
	for i, key := range slices.Concat(s.operators, s.submitters, s.stakers) {
		s.accounts = append(s.accounts, simtypes.Account{
			PrivKey: key, PubKey: key.PubKey(), Address: account(key), AddressBech32: account(key).String(),
			ConsKey: ed25519.GenPrivKeyFromSecret([]byte{'c', byte(i)}),
		})
	}
	s.registerAll()
	s.deployFor(ssvsim.Chains[0])
	contract, err := s.app.StakingContract.Contract(s.context(), firstContract)
	require.NoError(t, err)
	s.original = stakingcontractsim.NewOriginalChain(contract, s.app.StakingContract, multisigkeeper.NewQueryServer(*s.app.Multisig))
	s.collect()
	return s
}

// registerAll makes candidates of all validators with keys that the simulation of x/ssv knows too.
func (s *simulation) registerAll() {
	s.t.Helper()
	registrations := make([][]byte, 0, simValidators)
	for i, key := range s.operators {
		msg := &ssvtypes.MsgRegisterCandidate{
			Operator: operator(key), Submitter: account(s.submitters[i]).String(), Beacon: ssvsim.BeaconProof(testChainID, operator(key), 0),
		}
		for _, chain := range ssvsim.Chains {
			signer := simSigner(operator(key), chain, 0)
			proof, err := signer.Sign(ssvtypes.ProofBytes(testChainID, operator(key), chain, signer.PubKey().Bytes()))
			require.NoError(s.t, err)
			msg.Chains = append(msg.Chains, ssvtypes.ChainKeyProof{
				Key: ssvtypes.ChainKey{ChainId: chain, Signer: signer.PubKey().Bytes()}, Proof: proof,
			})
		}
		registrations = append(registrations, s.sign(key, msg))
	}
	s.accepted(registrations...)
	heartbeats := make([][]byte, 0, simValidators)
	for _, key := range s.submitters {
		heartbeats = append(heartbeats, s.sign(key, &ssvtypes.MsgHeartbeat{Submitter: account(key).String(), Version: "test"}))
	}
	s.accepted(heartbeats...)
}

// deployFor has governance deploy a contract of four members on a chain.
func (s *simulation) deployFor(chainID string) {
	s.t.Helper()
	contract := testContract()
	contract.ChainId = chainID
	proposal, err := govv1.NewMsgSubmitProposal(
		[]sdk.Msg{&stakingcontracttypes.MsgDeployContract{Authority: app.Authority(), Contract: contract}},
		sdk.NewCoins(sdk.NewInt64Coin(app.BondDenom, 10_000_000)), account(s.stakers[0]).String(), "", "deploy", "deploy", false,
	)
	require.NoError(s.t, err)
	s.accepted(s.sign(s.stakers[0], proposal))
	votes := make([][]byte, 0, simValidators)
	for _, key := range s.operators {
		votes = append(votes, s.sign(key, govv1.NewMsgVote(account(key), 1, govv1.OptionYes, "")))
	}
	s.accepted(votes...)
	s.blocks(8)
}

// simSigner is the key that the simulation of x/ssv registers for an operator.
func simSigner(operator, chain string, number int) *secp256k1.PrivKey {
	return secp256k1.GenPrivKeyFromSecret([]byte(fmt.Sprint(operator, chain, number)))
}

// Submitter implements the members of x/multisig's simulation.
func (s *simulation) Submitter(ctx context.Context, operator string) (sdk.AccAddress, error) {
	address, err := sdk.ValAddressFromBech32(operator)
	if err != nil {
		return nil, err
	}
	return s.app.SSV.SubmitterOf.Get(ctx, address)
}

// Key implements the members of x/multisig's simulation.
func (s *simulation) Key(signer multisigtypes.Signer) cryptotypes.PrivKey {
	for number := range 3 {
		if key := simSigner(signer.Operator, ssvsim.Chains[0], number); bytes.Equal(key.PubKey().Bytes(), signer.Key) {
			return key
		}
	}
	return nil
}

// collect takes the operations of the SDK's modules with a tenth of their weight, and those of ours. Keys change and candidates
// resign seldom: a register of resigned candidates has no committees to watch.
func (s *simulation) collect() {
	registry := simsx.NewUnorderedRegistry()
	own := simsx.WeightSourceFn(func(name string, weight uint32) uint32 {
		switch name {
		case "msg_update_candidate", "msg_resign_candidate":
			return 2
		}
		return weight
	})
	others := simsx.WeightSourceFn(func(_ string, weight uint32) uint32 { return max(weight/10, 1) })
	for _, name := range []string{banktypes.ModuleName, stakingtypes.ModuleName, slashingtypes.ModuleName, distrtypes.ModuleName} {
		s.app.Modules().Modules[name].(simsx.HasWeightedOperationsX).WeightedOperationsX(others, registry)
	}
	s.app.Modules().Modules[ssvtypes.ModuleName].(simsx.HasWeightedOperationsX).WeightedOperationsX(own, registry)
	s.original.Register(own, registry, s)
	for _, proposed := range []simsx.SimMsgFactoryX{s.original.MsgSetHaltsFactory(), ssvsim.MsgUpdateParamsFactory(s.app.SSV)} {
		registry.Add(5, govsim.MsgSubmitProposalFactory(s.app.Gov, proposed.Create()))
	}
	s.operations = registry.Elements()
	for _, weighted := range s.operations {
		s.total += weighted.Weight
	}
}

// draw chooses an operation by weight.
func (s *simulation) draw() simsx.SimMsgFactoryX {
	at := uint32(s.r.Intn(int(s.total)))
	for _, weighted := range s.operations {
		if at < weighted.Weight {
			return weighted.Factory
		}
		at -= weighted.Weight
	}
	panic("weights don't add up")
}

// make runs a factory on the last committed state; it returns false where there is nothing to do or the sender has sent before in this block.
func (s *simulation) make(factory simsx.SimMsgFactoryX, senders map[string]bool) (op operation, made bool) {
	ctx, _ := s.context().CacheContext()
	reporter := simsx.NewBasicSimulationReporter().WithScope(factory.MsgType())
	data := simsx.NewChainDataSource(ctx, s.r, s.app.Account, s.app.Bank, s.app.Account.AddressCodec(), s.accounts...)
	// A factory may go on with the empty values that it got when it was told to skip.
	defer func() {
		if cause := recover(); cause != nil && !reporter.IsSkipped() {
			panic(cause)
		}
	}()
	if later, ok := factory.(simsx.HasFutureOpsRegistry); ok {
		later.SetFutureOpsRegistry(scheduler(s.schedule))
	}
	from, msg := factory.Create()(ctx, data, reporter)
	if reporter.IsSkipped() || len(from) != 1 || senders[from[0].AddressBech32] {
		return operation{}, false
	}
	senders[from[0].AddressBech32] = true
	return operation{
		name: sdk.MsgTypeURL(msg), factory: factory, handle: factory.DeliveryResultHandler(), raw: s.sign(from[0].PrivKey, msg),
	}, true
}

// step makes a block of random transactions and checks the invariants.
func (s *simulation) step() {
	s.t.Helper()
	var (
		ops     []operation
		txs     [][]byte
		senders = map[string]bool{}
	)
	factories := append(s.due(), s.dealing()...)
	for range simTxs {
		factories = append(factories, s.draw())
	}
	for _, factory := range factories {
		if op, made := s.make(factory, senders); made {
			ops, txs = append(ops, op), append(txs, op.raw)
		}
	}
	for i, result := range s.block(txs...).TxResults {
		var err error
		if result.Code != 0 {
			err = errorsmod.ABCIError(result.Codespace, result.Code, result.Log)
		}
		s.count(ops[i], err)
	}
	s.invariants()
}

// dealing has the dealers of the seed's round deal, some of them garbage at first, and open what they dealt, in the order of chance.
func (s *simulation) dealing() []simsx.SimMsgFactoryX {
	factories := make([]simsx.SimMsgFactoryX, 0, 2*simValidators)
	for range simValidators {
		factories = append(factories, ssvsim.MsgDealFactory(s.app.SSV), ssvsim.MsgOpenFactory(s.app.SSV))
	}
	return factories
}

// count wants what must be refused to be refused. Anything else may be: transactions of one block are made on the state before it.
func (s *simulation) count(op operation, err error) {
	s.t.Helper()
	if err == nil {
		s.delivered[op.name]++
		require.NoError(s.t, op.handle(nil), op.name)
		return
	}
	s.refused[op.name]++
	s.lastRefusal[op.name] = err.Error()
}

// invariants are protocol §9's: the books are equal, escrow is what unfinished redemptions hold, every deposit is credited once and every
// redemption paid at most once. That CometBFT takes each validator update, and has what x/ssv believes, is checked by block.
func (s *simulation) invariants() {
	s.t.Helper()
	ctx := s.context()
	sums, err := s.app.StakingContract.Solvency(ctx, firstContract)
	require.NoError(s.t, err)
	require.True(s.t, sums.Surplus().IsZero(), "height %d: surplus %s of %+v", s.height, sums.Surplus(), sums)
	genesis, err := s.app.StakingContract.ExportGenesis(ctx)
	require.NoError(s.t, err)
	escrowed, supply := math.ZeroInt(), math.ZeroInt()
	for _, deposit := range genesis.Deposits {
		if deposit.Status == stakingcontracttypes.DEPOSIT_STATUS_MINTED {
			supply = supply.Add(deposit.Worth())
		}
	}
	for _, entry := range genesis.Redemptions {
		escrowed = escrowed.Add(entry.Redemption.Escrowed())
		supply = supply.Sub(s.burned(entry.Redemption))
	}
	denom := genesis.Contracts[0].RtokenDenom
	held := s.app.Bank.GetBalance(ctx, authtypes.NewModuleAddress(stakingcontracttypes.ModuleName), denom)
	require.Equal(s.t, escrowed.String(), held.Amount.String(), "escrow at height %d", s.height)
	require.Equal(s.t, supply.String(), s.app.Bank.GetSupply(ctx, denom).Amount.String(), "supply at height %d", s.height)
}

// burned is what a redemption took from the supply; the original chain says what its recipient got.
func (s *simulation) burned(r stakingcontracttypes.Redemption) math.Int {
	s.t.Helper()
	received, due := s.original.Received(r.Recipient), r.Amount.Sub(r.Fee)
	require.True(s.t, received.LTE(due), "redemption %d was paid %s of %s", r.Id, received, due)
	require.True(s.t, received.GTE(r.Paid), "redemption %d counts %s as paid of %s", r.Id, r.Paid, received)
	switch r.Status {
	case stakingcontracttypes.REDEMPTION_STATUS_PAID:
		require.Equal(s.t, due.String(), received.String(), "redemption %d", r.Id)
		return r.Amount
	case stakingcontracttypes.REDEMPTION_STATUS_REFUSED, stakingcontracttypes.REDEMPTION_STATUS_CANCELLED:
		require.Equal(s.t, r.Paid.String(), received.String(), "redemption %d is %s", r.Id, r.Status)
		return r.Paid.Add(math.MinInt(r.FeesBurned, r.Amount.Sub(r.Paid)))
	}
	return r.Paid
}

func (s *simulation) run(blocks int) *simulation {
	s.t.Helper()
	for range blocks {
		s.step()
	}
	return s
}

// outcomes counts the contract's redemptions by status.
func (s *simulation) outcomes() map[string]int {
	s.t.Helper()
	genesis, err := s.app.StakingContract.ExportGenesis(s.context())
	require.NoError(s.t, err)
	counts := map[string]int{}
	for _, entry := range genesis.Redemptions {
		counts[entry.Redemption.Status.String()]++
	}
	return counts
}

// vaults counts the generations of the contract's vaults.
func (s *simulation) vaults() int {
	s.t.Helper()
	vaults, err := s.app.Multisig.ContractVaults(s.context(), firstContract)
	require.NoError(s.t, err)
	return len(vaults)
}

func TestTheBooksAndTheConsensusSetHoldAfterEveryBlockOfARandomLife(t *testing.T) {
	paid, relieved, delivered := 0, 0, map[string]int{}
	for seed := int64(1); seed <= 3; seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			started := time.Now()
			s := newSimulation(t, seed).run(400)
			outcomes := s.outcomes()
			t.Logf("%s, %d executions, %d vaults, redemptions %v", time.Since(started), s.original.Executions(), s.vaults(), outcomes)
			t.Logf("delivered %v, refused %v, last %v", s.delivered, s.refused, s.lastRefusal)
			for name, count := range s.delivered {
				delivered[name] += count
			}
			paid += outcomes[stakingcontracttypes.REDEMPTION_STATUS_PAID.String()]
			relieved += s.vaults() - 1
		})
	}
	// In a life in which one validator comes to hold much of the power the guard admits no committee, so all lives are asked together.
	for _, msg := range []sdk.Msg{
		&stakingcontracttypes.MsgObserve{}, &stakingcontracttypes.MsgAttest{}, &stakingcontracttypes.MsgRedeem{},
		&stakingcontracttypes.MsgClaimDeposit{}, &multisigtypes.MsgSubmitSignatures{},
		&ssvtypes.MsgHeartbeat{}, &ssvtypes.MsgDeal{}, &ssvtypes.MsgOpen{},
	} {
		require.Positive(t, delivered[sdk.MsgTypeURL(msg)], "%T was never accepted", msg)
	}
	require.Positive(t, paid, "no redemption was paid")
	require.Positive(t, relieved, "no committee was ever relieved")
}

func TestTheSameSeedGivesTheSameAppHash(t *testing.T) {
	require.Equal(t, newSimulation(t, 7).run(150).appHash, newSimulation(t, 7).run(150).appHash)
}
