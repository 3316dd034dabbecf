package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
)

const (
	// proposalDeposit is gov's default minimum, in ufis.
	proposalDeposit = 10_000_000
	// votingBlocks are the voting period, and proposalLimit what a wait for its end may take.
	votingBlocks         = 5
	proposalLimit Blocks = 30
)

// Proposal is a governance proposal of one message.
type Proposal struct {
	Title   string
	Message any
}

// Decide submits proposals, votes for all of them and waits for their ends. A proposal that passed and failed in execution is no error here.
//
// Proposals and votes are one transaction, signed by the proposer and the voters: votes are cast in
// the block in which the voting begins, however slow the machine and however short the period.
func (n *Network) Decide(ctx context.Context, proposals ...Proposal) ([]*govv1.Proposal, error) {
	n.deciding.Lock()
	defer n.deciding.Unlock()
	first, err := n.nextProposal(ctx)
	if err != nil {
		return nil, err
	}
	messages, err := n.proposalsAndVotes(first, proposals)
	if err != nil {
		return nil, err
	}
	receipt, err := n.SendAnyCode(ctx, Letter{Signers: n.voters()}, messages...)
	if err != nil {
		return nil, fmt.Errorf("propose and vote: %w", err)
	}
	if err := receipt.Failed(); err != nil {
		return nil, fmt.Errorf("propose and vote: %w", err)
	}
	ended := make([]*govv1.Proposal, len(proposals))
	for i := range ended {
		if ended[i], err = n.awaitProposal(ctx, first+uint64(i)); err != nil { //nolint:gosec // an index
			return nil, err
		}
	}
	return ended, nil
}

// voters are the fewest of equal stake that are the third of all that a vote needs, and one more. The first one proposes.
func (n *Network) voters() []Account {
	voters := make([]Account, min(len(n.Operators)/3+2, len(n.Operators)))
	for i := range voters {
		voters[i] = n.Operators[i].Key
	}
	return voters
}

// nextProposal is the number that the next proposal gets: nobody else proposes anything.
func (n *Network) nextProposal(ctx context.Context) (uint64, error) {
	answer, err := govv1.NewQueryClient(n.GRPC).Proposals(ctx, &govv1.QueryProposalsRequest{Pagination: &query.PageRequest{Limit: 1, Reverse: true}})
	if err != nil {
		return 0, fmt.Errorf("newest proposal: %w", err)
	}
	if len(answer.Proposals) == 0 {
		return 1, nil
	}
	return answer.Proposals[0].Id + 1, nil
}

func (n *Network) proposalsAndVotes(first uint64, proposals []Proposal) ([]sdk.Msg, error) {
	var messages, votes []sdk.Msg
	for i, proposal := range proposals {
		raw, err := json.Marshal(proposal.Message)
		if err != nil {
			return nil, err
		}
		content, err := n.decode(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", proposal.Title, err)
		}
		deposit := sdk.Coins{sdk.NewInt64Coin(n.Denom, proposalDeposit)}
		submit, err := govv1.NewMsgSubmitProposal([]sdk.Msg{content}, deposit, n.Operators[0].Key.Address, "", proposal.Title, proposal.Title, false)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", proposal.Title, err)
		}
		messages = append(messages, submit)
		for _, voter := range n.voters() {
			votes = append(votes, &govv1.MsgVote{ProposalId: first + uint64(i), Voter: voter.Address, Option: govv1.OptionYes}) //nolint:gosec // an index
		}
	}
	return append(messages, votes...), nil
}

func (n *Network) awaitProposal(ctx context.Context, id uint64) (*govv1.Proposal, error) {
	return Await(ctx, fmt.Sprintf("the end of proposal %d", id), proposalLimit, func(ctx context.Context) (*govv1.Proposal, bool, error) {
		answer, err := govv1.NewQueryClient(n.GRPC).Proposal(ctx, &govv1.QueryProposalRequest{ProposalId: id})
		if err != nil {
			return nil, false, err
		}
		return answer.Proposal, answer.Proposal.Status >= govv1.StatusPassed, nil
	})
}

// GovernanceAddress is the account that the chain's own messages come from.
func (n *Network) GovernanceAddress() (string, error) {
	return n.Bech32(authtypes.NewModuleAddress(govtypes.ModuleName))
}

// Passed is an error unless the proposal was executed.
func Passed(proposal *govv1.Proposal) error {
	if proposal.Status != govv1.StatusPassed {
		return fmt.Errorf("proposal %d %q ended %s: %s", proposal.Id, proposal.Title, proposal.Status, proposal.FailedReason)
	}
	return nil
}

// Refused is an error unless the proposal's execution failed for a reason that says what is wanted.
func Refused(proposal *govv1.Proposal, wanted string) error {
	if proposal.Status != govv1.StatusFailed || !strings.Contains(proposal.FailedReason, wanted) {
		return fmt.Errorf("proposal %d %q ended %s: %q, wanted a failure with %q",
			proposal.Id, proposal.Title, proposal.Status, proposal.FailedReason, wanted)
	}
	return nil
}
