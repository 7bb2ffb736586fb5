using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Sessions;

/// <summary>News of sessions over the change feed: nothing is written into a table.</summary>
public sealed class SessionNews(ChangeFeed feed) : ISessionNews
{
    /// <inheritdoc/>
    public event Action<string>? Heard
    {
        add => feed.SessionsCounted += value;
        remove => feed.SessionsCounted -= value;
    }

    /// <inheritdoc/>
    public void Tell(string news) => feed.AnnounceSessions(news);
}
