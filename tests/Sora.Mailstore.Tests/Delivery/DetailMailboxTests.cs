using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Delivery;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Delivery;

/// <summary>Where mail for user+detail goes (RFC 5233).</summary>
public sealed class DetailMailboxTests : IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();
    private MailstoreNode _node = null!;
    private BodyHost _bodies = null!;
    private IAccount _account = null!;

    public async Task InitializeAsync()
    {
        _node = await MailstoreNode.StartAsync();
        _bodies = new BodyHost(_node.Database, new StorageOptions(), _folder.Path, _node.Metrics, TimeProvider.System, NullLoggerFactory.Instance);
        _account = await _node.CreateAccountAsync();
        (await _account.CreateAsync(MailboxName.Parse("Café/é").Value, SpecialUse.None, CancellationToken.None)).IsOk.ShouldBeTrue();
    }

    public async Task DisposeAsync()
    {
        await _bodies.DisposeAsync();
        await _node.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Café/é", "Café/é")]
    [InlineData("Cafe\u0301/e\u0301", "Café/é")] // decomposed
    [InlineData("Cafe\u0301", "Café")]
    [InlineData("cafe\u0301", "INBOX")] // another name
    [InlineData("Cafe", "INBOX")]
    [InlineData("*", "INBOX")]
    [InlineData("a//b", "INBOX")]
    [InlineData(null, "INBOX")]
    public async Task The_mailbox_of_the_detail_is_found_however_it_is_written(string? detail, string expected)
    {
        var delivery = new MessageDelivery(_node.Accounts, _node.Mailboxes, new DeliveryOptions { SaveToDetailMailbox = true }, TimeProvider.System);
        var bytes = "Subject: x\r\n\r\n"u8.ToArray();
        await using var intake = _bodies.Intakes.Begin(long.MaxValue, bytes.Length);
        await intake.WriteAsync(bytes, CancellationToken.None);
        await using var message = (await intake.CompleteAsync(CancellationToken.None)).Value;
        var recipient = new DeliveryRecipient("user@example.com", _account.Id, "user@example.com", detail);
        var outcomes = await delivery.DeliverAsync(new DeliveryRequest(message, "", default, [recipient]), CancellationToken.None);
        outcomes.Single().IsDelivered.ShouldBeTrue();
        var list = await _account.ListAsync(CancellationToken.None);
        var statuses = await _account.StatusAsync([.. list.Mailboxes.Select(static mailbox => mailbox.Id)], withRecent: false, CancellationToken.None);
        list.Mailboxes.Where((_, i) => statuses[i]!.Totals.Messages > 0).Select(static mailbox => mailbox.Name.Value).ShouldBe([expected]);
    }
}
