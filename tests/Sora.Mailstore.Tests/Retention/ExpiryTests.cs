using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Mailstore.Retention;
using Sora.Mailstore.Storage;
using Sora.Mailstore.Tests.Mailboxes;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Retention;

public sealed class ExpiryTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Messages_that_came_long_ago_are_expunged_where_it_is_said()
    {
        await using var node = await MailstoreNode.StartAsync();
        var account = await node.CreateAccountAsync();
        var mailboxes = new List<IMailbox>();
        foreach (var name in new[] { "INBOX", "Trash", "Junk", "Archive" })
        {
            mailboxes.Add(node.Mailboxes.Get(await MailstoreNode.IdAsync(account, name)));
            await MailboxTests.AppendAsync(mailboxes[^1], 5);
        }

        var options = new RetentionOptions { TrashMaxAge = TimeSpan.FromDays(30), Mailboxes = ["Arch*"], MailboxesMaxAge = TimeSpan.FromDays(60), Batch = 2, BatchPause = TimeSpan.Zero };
        (await Expire(node, options, TimeSpan.FromDays(29)).RunAsync(None)).ShouldBe(0);
        (await Expire(node, options, TimeSpan.FromDays(31)).RunAsync(None)).ShouldBe(5);
        (await MailboxTests.IndexAsync(mailboxes[1])).Count.ShouldBe(0);
        (await Expire(node, options, TimeSpan.FromDays(61)).RunAsync(None)).ShouldBe(5);
        (await MailboxTests.IndexAsync(mailboxes[3])).Count.ShouldBe(0);
        options = new RetentionOptions { MaxAge = TimeSpan.FromDays(10), JunkMaxAge = TimeSpan.FromDays(90), BatchPause = TimeSpan.Zero };
        (await Expire(node, options, TimeSpan.FromDays(61)).RunAsync(None)).ShouldBe(5);
        (await MailboxTests.IndexAsync(mailboxes[0])).Count.ShouldBe(0);
        (await MailboxTests.IndexAsync(mailboxes[2])).Count.ShouldBe(5);
        (await Expire(node, new RetentionOptions(), TimeSpan.FromDays(3650)).RunAsync(None)).ShouldBe(0);
    }

    [Fact]
    public async Task The_age_may_be_counted_from_the_messages_own_date()
    {
        await using var node = await MailstoreNode.StartAsync();
        var inbox = await node.InboxAsync(await node.CreateAccountAsync());
        await MailboxTests.AppendAsync(inbox, 3); // their date is one of 2023
        var options = new RetentionOptions { MaxAge = TimeSpan.FromDays(100), AgeFrom = AgeDate.InternalDate, BatchPause = TimeSpan.Zero };
        (await Expire(node, new RetentionOptions { MaxAge = options.MaxAge }, TimeSpan.Zero).RunAsync(None)).ShouldBe(0);
        (await Expire(node, options, TimeSpan.Zero).RunAsync(None)).ShouldBe(3);
    }

    [Theory]
    [InlineData("Lists/*", "Lists/a/b", true)]
    [InlineData("Lists/%", "Lists/a/b", false)]
    [InlineData("Lists/%", "Lists/a", true)]
    [InlineData("Lists/%/b", "Lists/a/b", true)]
    [InlineData("%/b", "x/a/b", false)]
    [InlineData("*/b", "x/a/b", true)]
    [InlineData("*a%c*", "xxa/abc", true)]
    [InlineData("%a%b", "aab", true)]
    [InlineData("Trash", "Trash", true)]
    [InlineData("Trash", "trash", false)]
    [InlineData("", "", true)]
    [InlineData("*", "", true)]
    [InlineData("", "a", false)]
    [InlineData("a*", "ba", false)]
    [InlineData("*a", "ab", false)]
    public void Names_match_as_in_LIST(string pattern, string name, bool matches) => AgeRules.Matches(pattern, name).ShouldBe(matches);

    private static MessageExpiry Expire(MailstoreNode node, RetentionOptions options, TimeSpan later)
    {
        var time = new Later(later);
        return new MessageExpiry(
            new RetentionStore(node.Database.Write), node.Mailboxes, options, new BatchPace(options, TimeProvider.System), new RetentionMetrics(node.Metrics), time, NullLogger.Instance);
    }

    private sealed class Later(TimeSpan offset) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + offset;
    }

    [Fact]
    public void The_age_of_INBOX_is_the_closest_rule_that_is_set()
    {
        new RetentionOptions { TrashMaxAge = TimeSpan.FromDays(1), JunkMaxAge = TimeSpan.FromDays(1) }.MaxAgeOfInbox.ShouldBeNull();
        new RetentionOptions { MaxAge = TimeSpan.FromDays(9) }.MaxAgeOfInbox.ShouldBe(TimeSpan.FromDays(9));
        new RetentionOptions { MaxAge = TimeSpan.FromDays(9), Mailboxes = ["IN*"], MailboxesMaxAge = TimeSpan.FromDays(5) }.MaxAgeOfInbox.ShouldBe(TimeSpan.FromDays(5));
    }
}
