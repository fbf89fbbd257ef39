using SimSearch.Datasets;
using SimSearch.Indexing;
using SimSearch.Storage;

namespace SimSearch.Tests;

public sealed class SearchResultTests
{
    private static readonly Item[] Items =
    [
        new() { Id = "a,b", Source = "a.wav", Labels = ["dog"], Start = 0.5, Duration = 1.25 },
        new() { Id = "say \"hi\"", Source = "b.wav" },
        new() { Id = "c\nd", Source = "c.wav", Labels = ["cat", "pet"] },
    ];

    [Fact]
    public void The_table_holds_every_hit_and_quotes_what_needs_it()
    {
        var result = new SearchResult([0, 1, 2, -1], [0.1f, 0.25f, 3f, 9f], 2, Metric.L2, Items, ["q0", "q,1"]);
        Assert.Equal(
            "query,rank,id,score,label,start,duration\n" +
            "q0,1,\"a,b\",0.1,dog,0.5,1.25\n" +
            "q0,2,\"say \"\"hi\"\"\",0.25,,0,\n" +
            "\"q,1\",1,\"c\nd\",3,cat,0,\n", result.ToCsv());
    }

    [Fact]
    public void Hits_end_where_nothing_was_found()
    {
        var result = new SearchResult([1, -1, -1], [0.5f, 0, 0], 3, Metric.Cosine, Items);
        var hit = Assert.Single(result.Hits(0));
        Assert.Equal(new Hit(1, 1, Items[1].Id, 0.5f, Items[1]), hit);
        Assert.Equal("7", new SearchResult([7], [1], 1, Metric.L2).Hits(0)[0].Id);
        Assert.Throws<ArgumentOutOfRangeException>(() => result.Hits(1));
    }

    [Fact]
    public void Rows_are_saved_as_int64_queries_by_k()
    {
        string path = Path.Combine(Path.GetTempPath(), $"hits-{Guid.NewGuid():N}.npy");
        try
        {
            new SearchResult([3, 1, 2, -1], new float[4], 2, Metric.L2).SaveNpy(path);
            Assert.Equal("<i8", Npy.ReadHeader(path).Descr);
            Assert.Equal([3L, 1L, 2L, -1L], Npy.Read<long>(path, out long[] shape));
            Assert.Equal([2L, 2L], shape);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void The_nearest_k_are_kept_in_order_whatever_the_order_of_arrival()
    {
        var random = new Random(1);
        for (int trial = 0; trial < 300; trial++)
        {
            int n = random.Next(0, 60), k = random.Next(1, 20);
            (float Key, long Row)[] all = [.. Enumerable.Range(0, n).Select(i => ((float)random.Next(8), (long)i))];
            random.Shuffle(all);
            var (keys, rows) = (new double[k], new long[k]);
            var top = new TopK(keys, rows);
            foreach (var (key, row) in all)
                if (top.MayEnter(key)) top.Offer(key, row);
            top.Sort();
            var expected = all.OrderBy(p => p.Key).ThenBy(p => p.Row).Take(k).ToArray();
            Assert.Equal(expected.Select(p => p.Row).Concat(Enumerable.Repeat(-1L, k - expected.Length)), rows);
        }
    }

    [Fact]
    public void Query_items_are_one_for_each_query()
    {
        Assert.Same(Items, new SearchResult([0, 1, 2], new float[3], 1, Metric.L2, Items) { QueryItems = Items }.QueryItems);
        var error = Assert.Throws<ArgumentException>(() => new SearchResult([0], [1], 1, Metric.L2, Items) { QueryItems = [.. Items, .. Items] });
        Assert.Contains("for 1 queries", error.Message);
    }
}
