using Sora.Contracts;
using Sora.Mailstore.Tests.Mailboxes;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Accounts;

public sealed class AccountTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private MailstoreNode _node = null!;
    private IAccount _account = null!;

    public async Task InitializeAsync()
    {
        _node = await MailstoreNode.StartAsync();
        _account = await _node.CreateAccountAsync();
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task A_new_account_has_the_usual_mailboxes_and_is_subscribed_to_them()
    {
        var list = await _account.ListAsync(None);
        list.Mailboxes.Select(static mailbox => $"{mailbox.Name}:{mailbox.SpecialUse}")
            .ShouldBe(["INBOX:None", "Archive:Archive", "Drafts:Drafts", "Junk:Junk", "Sent:Sent", "Trash:Trash"]);
        list.Subscriptions.Select(static name => name.Value).ShouldBe(["INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash"]);
        list.Mailboxes.Select(static mailbox => mailbox.UidValidity).Distinct().Count().ShouldBe(6);
    }

    [Fact]
    public async Task Addresses_are_found_whatever_their_case_and_passwords_are_checked()
    {
        (await _node.Accounts.FindAsync("USER@Example.COM", None))!.Account.ShouldBe(_account.Id);
        (await _node.Accounts.FindAsync("nobody@example.com", None)).ShouldBeNull();
        (await _node.Accounts.AuthenticateAsync(Logins.Imap("User@example.com"), "secret", None)).Value.PrimaryAddress.ShouldBe("user@example.com");
        (await _node.Accounts.AuthenticateAsync(Logins.Imap("user@example.com"), "Secret", None)).Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);
        (await _node.Accounts.AuthenticateAsync(Logins.Imap("nobody@example.com"), "secret", None)).Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);
    }

    [Fact]
    public async Task Creating_makes_the_levels_above()
    {
        (await CreateAsync("a/b/c")).IsOk.ShouldBeTrue();
        (await CreateAsync("a/b")).Error!.Code.ShouldBe(MailErrorCode.AlreadyExists);
        (await CreateAsync("inbox")).Error!.Code.ShouldBe(MailErrorCode.AlreadyExists);
        (await NamesAsync()).ShouldBe(["INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash", "a", "a/b", "a/b/c"]);
        (await _account.CreateAsync(Name("More junk"), SpecialUse.Junk, None)).Error!.Code.ShouldBe(MailErrorCode.UseAttr);
    }

    [Fact]
    public async Task Renaming_takes_what_is_below_along_and_refuses_names_that_exist()
    {
        await CreateAsync("a/b/c");
        var before = (await _account.ListAsync(None)).Find(Name("a/b/c"))!;
        (await RenameAsync("a", "x/y")).IsOk.ShouldBeTrue();
        (await NamesAsync()).Skip(6).ShouldBe(["x", "x/y", "x/y/b", "x/y/b/c"]);
        (await _account.ListAsync(None)).Find(Name("x/y/b/c"))!.ShouldBe(before with { Name = Name("x/y/b/c") });
        (await RenameAsync("x/y", "Sent")).Error!.Code.ShouldBe(MailErrorCode.AlreadyExists);
        (await RenameAsync("x", "x/z")).Error!.Code.ShouldBe(MailErrorCode.Cannot);
        (await RenameAsync("nothing", "z")).Error!.Code.ShouldBe(MailErrorCode.NonExistent);
    }

    [Fact]
    public async Task Renaming_inbox_moves_its_messages_and_leaves_it_empty()
    {
        var inbox = await _node.InboxAsync(_account);
        await MailboxTests.AppendAsync(inbox, 3, FlagSet.Of(SystemFlags.Seen));
        (await RenameAsync("INBOX", "Old/mail")).IsOk.ShouldBeTrue();
        (await MailboxTests.IndexAsync(inbox)).Count.ShouldBe(0);
        var moved = await MailboxTests.IndexAsync(_node.Mailboxes.Get(await MailstoreNode.IdAsync(_account, "Old/mail")));
        moved.Count.ShouldBe(3);
        moved.Totals.Unseen.ShouldBe(0);
    }

    [Fact]
    public async Task Deleting_refuses_inbox_and_mailboxes_with_inferiors_and_a_new_one_has_another_uid_validity()
    {
        await CreateAsync("a/b");
        (await DeleteAsync("INBOX")).Error!.Code.ShouldBe(MailErrorCode.Cannot);
        (await DeleteAsync("a")).Error!.Code.ShouldBe(MailErrorCode.HasChildren);
        var before = (await _account.ListAsync(None)).Find(Name("a/b"))!;
        (await DeleteAsync("a/b")).IsOk.ShouldBeTrue();
        (await DeleteAsync("a/b")).Error!.Code.ShouldBe(MailErrorCode.NonExistent);
        var after = (await CreateAsync("a/b")).Value;
        after.UidValidity.Value.ShouldBeGreaterThan(before.UidValidity.Value);
        after.Id.ShouldNotBe(before.Id);
    }

    [Fact]
    public async Task A_subscription_outlives_its_mailbox()
    {
        await CreateAsync("lists");
        await _account.SubscribeAsync(Name("lists"), true, None);
        await _account.SubscribeAsync(Name("lists"), true, None);
        await DeleteAsync("lists");
        (await _account.ListAsync(None)).IsSubscribed(Name("lists")).ShouldBeTrue();
        await _account.SubscribeAsync(Name("lists"), false, None);
        (await _account.ListAsync(None)).IsSubscribed(Name("lists")).ShouldBeFalse();
    }

    [Fact]
    public async Task Creating_one_name_many_times_at_once_creates_it_once()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => CreateAsync("once")));
        results.Count(static result => result.IsOk).ShouldBe(1);
        results.Where(static result => !result.IsOk).ShouldAllBe(static result => result.Error!.Code == MailErrorCode.AlreadyExists);
    }

    private static MailboxName Name(string text) => MailboxName.Parse(text).Value;

    private Task<MailResult<MailboxEntry>> CreateAsync(string name) => _account.CreateAsync(Name(name), SpecialUse.None, None);

    private Task<MailResult<Done>> DeleteAsync(string name) => _account.DeleteAsync(Name(name), None);

    private Task<MailResult<Done>> RenameAsync(string from, string to) => _account.RenameAsync(Name(from), Name(to), None);

    private async Task<IEnumerable<string>> NamesAsync() => (await _account.ListAsync(None)).Mailboxes.Select(static mailbox => mailbox.Name.Value);
}
