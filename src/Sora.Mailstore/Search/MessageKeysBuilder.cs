using Sora.Contracts;
using Sora.Mime;

namespace Sora.Mailstore.Search;

/// <summary>The keys of many messages as the columns that were asked for.</summary>
internal sealed class MessageKeysBuilder
{
    private readonly MessageKeys _keys;

    public MessageKeysBuilder(int count, MessageKeyParts parts)
    {
        _keys = new MessageKeys
        {
            SentDates = Column<long>(count, parts, MessageKeyParts.SentDate),
            SentDays = Column<int>(count, parts, MessageKeyParts.SentDay),
            Subjects = Column<string>(count, parts, MessageKeyParts.Subject),
            AreReplies = Column<bool>(count, parts, MessageKeyParts.Subject),
            Froms = Column<string>(count, parts, MessageKeyParts.From),
            Tos = Column<string>(count, parts, MessageKeyParts.To),
            Ccs = Column<string>(count, parts, MessageKeyParts.Cc),
            DisplayFroms = Column<string>(count, parts, MessageKeyParts.DisplayFrom),
            DisplayTos = Column<string>(count, parts, MessageKeyParts.DisplayTo),
            MessageIds = Column<ulong>(count, parts, MessageKeyParts.Thread),
            References = Column<ulong[]>(count, parts, MessageKeyParts.Thread),
            Conversations = Column<ulong>(count, parts, MessageKeyParts.Conversation),
        };
    }

    public MessageKeys Keys => _keys;

    public void Set(int position, SortKeys keys)
    {
        Put(_keys.SentDates, position, keys.SentDate);
        Put(_keys.SentDays, position, keys.SentDay);
        Put(_keys.Subjects, position, keys.Subject);
        Put(_keys.AreReplies, position, keys.IsReply);
        Put(_keys.Froms, position, keys.From);
        Put(_keys.Tos, position, keys.To);
        Put(_keys.Ccs, position, keys.Cc);
        Put(_keys.DisplayFroms, position, keys.DisplayFrom);
        Put(_keys.DisplayTos, position, keys.DisplayTo);
        Put(_keys.MessageIds, position, keys.MessageId);
        Put(_keys.References, position, keys.References);
        Put(_keys.Conversations, position, ConversationOf(keys.MessageId, keys.References));
    }

    public void SetDates(Located located, DateColumn column)
    {
        Fill(_keys.SentDates, located, column.Dates);
        Fill(_keys.SentDays, located, column.Days);
    }

    public void SetTexts(Located located, TextColumns columns)
    {
        Fill(_keys.AreReplies, located, columns.AreReplies);
        FillTexts(_keys.Subjects, located, columns, 0);
        FillTexts(_keys.Froms, located, columns, 1);
        FillTexts(_keys.Tos, located, columns, 2);
        FillTexts(_keys.Ccs, located, columns, 3);
        FillTexts(_keys.DisplayFroms, located, columns, 4);
        FillTexts(_keys.DisplayTos, located, columns, 5);
    }

    public void SetThread(Located located, ThreadColumn column)
    {
        Fill(_keys.MessageIds, located, column.Ids);
        Fill(_keys.References, located, column.References);
        var positions = located.Positions.Span;
        var documents = located.Documents.Span;
        for (var i = 0; i < positions.Length && _keys.Conversations.Length > 0; i++)
            _keys.Conversations[positions[i]] = ConversationOf(column.Ids[documents[i]], column.References[documents[i]]);
    }

    private static ulong ConversationOf(ulong id, ulong[] references) => references.Length > 0 ? references[0] : id;

    private static T[] Column<T>(int count, MessageKeyParts parts, MessageKeyParts part) =>
        (parts & part) == MessageKeyParts.None ? [] : new T[count];

    private static void Put<T>(T[] column, int position, T value)
    {
        if (column.Length > 0)
            column[position] = value;
    }

    private static void Fill<T>(T[] column, Located located, T[] values)
    {
        if (column.Length == 0)
            return;
        var positions = located.Positions.Span;
        var documents = located.Documents.Span;
        for (var i = 0; i < positions.Length; i++)
            column[positions[i]] = values[documents[i]];
    }

    private static void FillTexts(string[] column, Located located, TextColumns columns, int number)
    {
        if (column.Length == 0)
            return;
        var positions = located.Positions.Span;
        var documents = located.Documents.Span;
        for (var i = 0; i < positions.Length; i++)
            column[positions[i]] = columns.Text(documents[i], number);
    }
}
