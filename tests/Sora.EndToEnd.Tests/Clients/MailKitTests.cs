using System.Security.Cryptography.X509Certificates;
using System.Text;
using MailKit;
using MailKit.Net.Imap;
using MailKit.Search;
using MailKit.Security;
using MimeKit;
using Sora.EndToEnd.Tests.Servers;
using MailClient = MailKit.Net.Imap.ImapClient;

namespace Sora.EndToEnd.Tests.Clients;

/// <summary>MailKit, which reads responses strictly and has a method for almost every extension.</summary>
[Collection(SharedServerTests.Name)]
public sealed class MailKitTests(SharedServer server) : IDisposable
{
    private readonly SoraProcess _sora = server.Sora;
    private readonly string _user = server.NextAccount();
    private readonly List<MailClient> _clients = [];

    public void Dispose() => _clients.ForEach(static client => client.Dispose());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Messages_are_kept_found_and_ordered(bool enable)
    {
        using var client = await OpenAsync();
        if (enable)
        {
            await client.CompressAsync();
            await client.EnableQuickResyncAsync();
            await client.EnableUTF8Async();
        }

        var format = FormatOptions.Default.Clone();
        format.International = enable;
        var inbox = client.Inbox!;
        var arrival = new DateTimeOffset(2023, 5, 6, 7, 8, 9, TimeSpan.FromHours(-3));
        (await inbox.AppendAsync(format, new AppendRequest(Make(1), MessageFlags.Seen, ["$Work"], arrival)))!.Value.Id.ShouldBe(1u);
        var more = new List<IAppendRequest> { new AppendRequest(Make(2, 1), MessageFlags.Flagged), new AppendRequest(Make(3)), new AppendRequest(Make(4, 3)) };
        (await inbox.AppendAsync(format, more)).Select(static uid => uid.Id).ShouldBe([2u, 3u, 4u]);
        await inbox.OpenAsync(FolderAccess.ReadWrite);
        (inbox.Count, inbox.Id is not null, inbox.HighestModSeq > 1).ShouldBe((4, true, true));

        // FETCH
        var items = MessageSummaryItems.Full | MessageSummaryItems.UniqueId | MessageSummaryItems.BodyStructure | MessageSummaryItems.References
            | MessageSummaryItems.ModSeq | MessageSummaryItems.EmailId | MessageSummaryItems.SaveDate | MessageSummaryItems.PreviewText | MessageSummaryItems.Headers;
        var summaries = await inbox.FetchAsync(0, -1, items);
        summaries.Select(static summary => summary.Envelope!.Subject).ShouldBe(["Grüße 1", "Re: Grüße 1", "Grüße 3", "Re: Grüße 3"]);
        summaries.Select(static summary => summary.PreviewText).ShouldBe(Enumerable.Range(1, 4).Select(static number => $"Text number {number}, wörds"));
        summaries.Select(static summary => summary.EmailId).Distinct(StringComparer.Ordinal).Count().ShouldBe(4);
        summaries[0].InternalDate.ShouldBe(arrival);
        summaries[0].Keywords.ShouldBe(["$Work"]);
        summaries[1].References.ShouldBe(["1.mailkit@example.org"]);
        summaries.ShouldAllBe(static summary => summary.SaveDate != null && summary.ModSeq > 1 && summary.Attachments.Count() == 1);
        ((TextPart)await inbox.GetBodyPartAsync(summaries[2].UniqueId, summaries[2].TextBody!)).Text.ShouldBe("Text number 3, wörds");
        using var data = new MemoryStream();
        await ((MimePart)await inbox.GetBodyPartAsync(summaries[2].UniqueId, summaries[2].Attachments.Single())).Content!.DecodeToAsync(data);
        data.ToArray().ShouldBe([0, 1, 2, 3]);
        (await inbox.GetMessageAsync(summaries[3].UniqueId)).To.Mailboxes.Single().Name.ShouldBe("Jürgen");

        // SEARCH, SORT, THREAD
        foreach (var (query, found) in new (SearchQuery, string)[]
        {
            (SearchQuery.SubjectContains("GRÜSSE"), ""), (SearchQuery.SubjectContains("grüße 3"), "3:4"), (SearchQuery.BodyContains("WÖRDS"), "1:4"),
            (SearchQuery.FromContains("Sender 7").Or(SearchQuery.HasKeyword("$Work")), "1:2"), (SearchQuery.SentBefore(new DateTime(2024, 1, 8)), "3:4"),
            (SearchQuery.ChangedSince(summaries[1].ModSeq!.Value), "2:4"), (SearchQuery.YoungerThan(1000), "2:4"), (SearchQuery.Fuzzy(SearchQuery.BodyContains("wörds 2")), "2"),
        })
        {
            var results = await inbox.SearchAsync(SearchOptions.All | SearchOptions.Count | SearchOptions.Min, query);
            ((results.UniqueIds as UniqueIdSet)?.ToString() ?? string.Join(',', results.UniqueIds)).ShouldBe(found, query.Term.ToString());
            results.Count.ShouldBe(results.UniqueIds.Count);
        }

        foreach (var (order, expected) in new (OrderBy, uint[])[]
        {
            (OrderBy.Date, [4, 3, 2, 1]), (OrderBy.ReverseDate, [1, 2, 3, 4]), (OrderBy.DisplayFrom, [4, 3, 2, 1]), (OrderBy.From, [1, 2, 3, 4]), (OrderBy.Arrival, [1, 2, 3, 4]),
        })
            (await inbox.SortAsync(SearchQuery.All, [order])).Select(static uid => uid.Id).ShouldBe(expected, order.Type.ToString());
        (await inbox.SortAsync(SearchQuery.SubjectContains("ße"), [OrderBy.ReverseSubject, OrderBy.Date])).Select(static uid => uid.Id).ShouldBe([4u, 3u, 2u, 1u]);
        (await ThreadsAsync(inbox, ThreadingAlgorithm.References)).ShouldBe("3(4) 1(2)");
        (await ThreadsAsync(inbox, ThreadingAlgorithm.OrderedSubject)).ShouldBe("4(3) 2(1)");

        // STORE, COPY, MOVE, REPLACE
        var known = summaries[3].ModSeq!.Value;
        await inbox.StoreAsync(new UniqueId(1), new StoreFlagsRequest(StoreAction.Add, MessageFlags.Answered) { Silent = true });
        (await inbox.StoreAsync(new List<UniqueId> { new(1), new(2) }, new StoreFlagsRequest(StoreAction.Add, MessageFlags.Deleted) { UnchangedSince = known }))
            .Select(static uid => uid.Id).ShouldBe([1u]);
        var root = client.GetFolder(client.PersonalNamespaces[0]);
        var box = (await root.CreateAsync("Bündel", isMessageFolder: true))!;
        var copied = await inbox.CopyToAsync(new List<UniqueId> { new(1), new(3) }, box);
        copied.Destination.Select(static uid => uid.Id).ShouldBe([1u, 2u]);
        (await inbox.MoveToAsync(new UniqueId(2), box))!.Value.Id.ShouldBe(3u);
        (await inbox.ReplaceAsync(format, new UniqueId(4), new ReplaceRequest(Make(6), MessageFlags.Draft)))!.Value.Id.ShouldBe(5u);
        inbox.Count.ShouldBe(3);
        await box.StatusAsync(StatusItems.Count | StatusItems.Size | StatusItems.MailboxId | StatusItems.HighestModSeq | StatusItems.AppendLimit);
        (box.Count, box.Size > 1000, box.Id is not null).ShouldBe((3, true, true));
        await box.RenameAsync(root, "Größer");
        (await root.GetSubfoldersAsync(StatusItems.Count, subscribedOnly: false)).Single(static folder => folder.FullName == "Größer").Count.ShouldBe(3);
        await box.DeleteAsync();
        await client.DisconnectAsync(quit: true);
    }

    [Fact]
    public async Task Rights_quota_and_annotations()
    {
        var friend = server.NextAccount();
        using var client = await OpenAsync();
        var root = client.GetFolder(client.PersonalNamespaces[0]);
        var box = (await root.CreateAsync("Team", isMessageFolder: true))!;
        (await root.CreateAsync("Stars", SpecialFolder.Flagged))!.Attributes.HasFlag(FolderAttributes.Flagged).ShouldBeTrue();
        await box.AppendAsync(new AppendRequest(Make(1)));
        (await box.GetMyAccessRightsAsync()).ToString().ShouldBe("lrswipkxtecda");
        await box.SetAccessRightsAsync(friend, new AccessRights("lrs"));
        await box.AddAccessRightsAsync(friend, new AccessRights("wt"));
        await box.RemoveAccessRightsAsync(friend, new AccessRights("s"));
        (await box.GetAccessControlListAsync()).ToDictionary(static entry => entry.Name, static entry => entry.Rights.ToString(), StringComparer.Ordinal)
            .ShouldBe(new Dictionary<string, string> { [_user] = "lrswipkxtecda", [friend] = "lrwtd" }, ignoreOrder: true);
        using (var guest = await OpenAsync(friend))
        {
            var shared = (await guest.GetFoldersAsync(guest.OtherNamespaces[0])).Single(static folder => folder.FullName.EndsWith("/Team", StringComparison.Ordinal));
            await shared.OpenAsync(FolderAccess.ReadWrite);
            shared.PermanentFlags.HasFlag(MessageFlags.Deleted).ShouldBeTrue();
            shared.PermanentFlags.HasFlag(MessageFlags.Seen).ShouldBeFalse();
            (await shared.GetMyAccessRightsAsync()).ToString().ShouldBe("lrwtd");
            (await shared.FetchAsync(0, -1, MessageSummaryItems.Envelope)).Single().Envelope!.Subject.ShouldBe("Grüße 1");
            await guest.DisconnectAsync(quit: true);
        }

        await box.RemoveAccessAsync(friend);
        (await box.GetAccessControlListAsync()).Select(static entry => entry.Name).ShouldBe([_user]);

        // Nothing is limited: even so there is something in the response
        var quota = await client.Inbox!.GetQuotaAsync();
        (quota.StorageLimit, quota.MessageLimit).ShouldBe(((uint?)null, (uint?)null));
        (await Should.ThrowAsync<ImapCommandException>(async () => await client.Inbox.SetQuotaAsync(messageLimit: 1, storageLimit: 1)))
            .Response.ShouldBe(ImapCommandResponse.No);

        var ours = new MetadataTag("/shared/vendor/sora-test/note");
        await box.SetMetadataAsync(new MetadataCollection { new Metadata(MetadataTag.PrivateComment, "für mich"), new Metadata(ours, "two\r\nlines") });
        (await box.GetMetadataAsync(MetadataTag.PrivateComment)).ShouldBe("für mich");
        (await box.GetMetadataAsync(new MetadataOptions { Depth = int.MaxValue }, [new MetadataTag("/shared"), new MetadataTag("/private")]))
            .Select(static entry => entry.Value).ShouldBe(["two\r\nlines", "für mich"], ignoreOrder: true);
        await client.DisconnectAsync(quit: true);
    }

    [Fact]
    public async Task Notify_tells_of_changes_and_resynchronising_of_those_missed()
    {
        using var client = await OpenAsync();
        await client.EnableQuickResyncAsync();
        await client.CompressAsync();
        var inbox = client.Inbox!;
        for (var number = 1; number <= 3; number++)
            await inbox.AppendAsync(new AppendRequest(Make(number)));
        await inbox.OpenAsync(FolderAccess.ReadWrite);
        await inbox.FetchAsync(0, -1, MessageSummaryItems.UniqueId);
        await client.NotifyAsync(status: true, [
            new(ImapMailboxFilter.Selected, [new ImapEvent.MessageNew(MessageSummaryItems.UniqueId | MessageSummaryItems.Envelope), ImapEvent.MessageExpunge, ImapEvent.FlagChange]),
            new(ImapMailboxFilter.Personal, [new ImapEvent.MessageNew(), ImapEvent.MessageExpunge, ImapEvent.MailboxName]),
        ]);
        var heard = new StringBuilder();
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        inbox.MessageSummaryFetched += (_, e) => heard.Append(e.Message.Envelope is { } envelope ? $"new {e.Message.UniqueId} {envelope.Subject}; " : "");
        var flagsHeard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        inbox.MessageFlagsChanged += (_, e) =>
        {
            heard.Append($"flags {e.UniqueId} {e.Flags & ~MessageFlags.Recent}; ");
            flagsHeard.TrySetResult();
        };
        inbox.MessagesVanished += (_, e) => heard.Append($"vanished {string.Join(',', e.UniqueIds)}; ");
        client.FolderCreated += (_, e) =>
        {
            heard.Append($"created {e.Folder.FullName}; ");
            enough.Cancel();
        };
        var idle = client.IdleAsync(enough.Token);
        using (var other = await OpenAsync())
        {
            var same = other.Inbox!;
            await same.OpenAsync(FolderAccess.ReadWrite);
            await same.AppendAsync(new AppendRequest(Make(4)));
            await same.StoreAsync(0, new StoreFlagsRequest(StoreAction.Add, MessageFlags.Flagged | MessageFlags.Deleted) { Silent = true });
            await flagsHeard.Task.WaitAsync(enough.Token); // of a message that is gone by then nothing would be told
            await same.ExpungeAsync();
            await other.GetFolder(other.PersonalNamespaces[0]).CreateAsync("Neu", isMessageFolder: true);
            await idle;
            heard.ToString().ShouldBe("new 4 Grüße 4; flags 1 Flagged, Deleted; vanished 1; created Neu; ");

            // What it knows now, and misses
            var (validity, known) = (inbox.UidValidity, inbox.HighestModSeq);
            var uids = await inbox.SearchAsync(SearchQuery.All);
            uids.Select(static uid => uid.Id).ShouldBe([2u, 3u, 4u]);
            await inbox.CloseAsync(expunge: false);
            heard.Clear();
            await same.StoreAsync(0, new StoreFlagsRequest(StoreAction.Add, MessageFlags.Deleted) { Silent = true });
            await same.ExpungeAsync();
            await same.StoreAsync(0, new StoreFlagsRequest(StoreAction.Add, MessageFlags.Answered) { Silent = true });
            await same.AppendAsync(new AppendRequest(Make(5)));
            await inbox.OpenAsync(FolderAccess.ReadWrite, validity, known, uids);
            heard.ToString().ShouldBe("vanished 2; flags 3 Answered; ");
            inbox.Count.ShouldBe(3);
            await other.DisconnectAsync(quit: true);
        }

        await client.DisconnectAsync(quit: true);
    }

    private static async Task<string> ThreadsAsync(IMailFolder folder, ThreadingAlgorithm algorithm)
    {
        return Show(await folder.ThreadAsync(algorithm, SearchQuery.All));

        static string Show(IEnumerable<MessageThread> threads) =>
            string.Join(' ', threads.Select(static thread => thread.Children.Count == 0 ? $"{thread.UniqueId}" : $"{thread.UniqueId}({Show(thread.Children)})"));
    }

    private static MimeMessage Make(int number, int repliesTo = 0)
    {
        var message = new MimeMessage
        {
            MessageId = $"{number}.mailkit@example.org",
            Date = new DateTimeOffset(2024, 1, 10 - number, 1, 2, 3, TimeSpan.FromHours(2)),
            Subject = repliesTo == 0 ? $"Grüße {number}" : $"Re: Grüße {repliesTo}",
        };
        message.From.Add(new MailboxAddress($"Sender {9 - number}", $"s{number}@example.org"));
        message.To.Add(new MailboxAddress("Jürgen", "juergen@example.com"));
        if (repliesTo != 0)
            message.References.Add($"{repliesTo}.mailkit@example.org");
        var body = new BodyBuilder { TextBody = $"Text number {number}, wörds", HtmlBody = $"<p>Text <b>number</b> {number}, wörds</p>" };
        body.Attachments.Add("data.bin", [0, 1, 2, (byte)number]);
        message.Body = body.ToMessageBody();
        return message;
    }

    private static bool IsSelfMade(X509Certificate? certificate) => certificate is not null && certificate.Subject == certificate.Issuer;

    private async Task<MailClient> OpenAsync(string? user = null)
    {
        var client = new MailClient { ServerCertificateValidationCallback = static (_, certificate, _, _) => IsSelfMade(certificate) };
        _clients.Add(client);
        await client.ConnectAsync("127.0.0.1", _sora.ImapPort, SecureSocketOptions.StartTls);
        await client.AuthenticateAsync(user ?? _user, SharedServer.Password);
        return client;
    }
}
