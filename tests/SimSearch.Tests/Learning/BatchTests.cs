using SimSearch.Learning;

namespace SimSearch.Tests;

public sealed class BatchTests
{
    private static BatchMaker Maker(MelPowerStore store, ViewOptions options, bool labelled = true, int seed = 5) => labelled
        ? new(store, options, [new BatchSampler(LearningSets.Labels, 3, 2, seed)], [.. Enumerable.Range(0, store.Count)], LearningSets.Labels, 4)
        : new(store, options, [new BatchSampler(store.Count, 5, seed)], [.. Enumerable.Range(0, store.Count)], null, 0);

    [Fact]
    public void Batches_hold_so_many_classes_and_so_many_clips_of_each()
    {
        int[] labels = [.. Enumerable.Range(0, 60).Select(i => i % 5)];
        var sampler = new BatchSampler(labels, 3, 4, seed: 1);
        Assert.Equal((12, 5), (sampler.BatchSize, sampler.Steps));
        int[] batches = sampler.Epoch(0);
        for (int step = 0; step < sampler.Steps; step++)
        {
            int[] batch = batches[(step * 12)..(step * 12 + 12)];
            Assert.Equal(12, batch.Distinct().Count());
            Assert.Equal([4, 4, 4], batch.GroupBy(i => labels[i]).Select(g => g.Count()));
        }
        Assert.Equal(batches, new BatchSampler(labels, 3, 4, seed: 1).Epoch(0));
        Assert.NotEqual(batches, sampler.Epoch(1));
        Assert.NotEqual(batches, new BatchSampler(labels, 3, 4, seed: 2).Epoch(0));
    }

    [Fact]
    public void With_all_classes_in_a_batch_an_epoch_holds_every_clip_once()
    {
        int[] labels = [.. Enumerable.Range(0, 30).Select(i => i % 3)];
        Assert.Equal(Enumerable.Range(0, 30), new BatchSampler(labels, 3, 5, seed: 9).Epoch(4).Order());
    }

    [Fact]
    public void Classes_with_few_clips_give_them_twice()
    {
        int[] batch = new BatchSampler([0, 0, 0, 0, 1], 2, 3, seed: 0).Epoch(0);
        Assert.Equal(3, batch.Count(i => i == 4));
    }

    [Fact]
    public void Sets_that_nothing_can_be_learned_from_are_refused()
    {
        Assert.Contains("no labelled clips", Assert.Throws<SimSearchException>(() => new BatchSampler([-1, -1], 2, 2, 0)).Message);
        Assert.Contains("no labelled clips", Assert.Throws<SimSearchException>(() => new BatchSampler([], 2, 2, 0)).Message);
        Assert.Contains("one class", Assert.Throws<SimSearchException>(() => new BatchSampler([0, 0, 0], 2, 2, 0)).Message);
        Assert.Contains("class 1", Assert.Throws<SimSearchException>(() => new BatchSampler([0, 2, 2], 2, 2, 0)).Message);
        Assert.Contains("one clip", Assert.Throws<SimSearchException>(() => new BatchSampler([0, 1, 2], 2, 2, 0)).Message);
        Assert.Throws<SimSearchException>(() => new BatchSampler(1, 4, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchSampler([0, 1], 1, 2, 0));
    }

    [Fact]
    public void Clips_that_take_no_part_are_in_no_batch()
    {
        int[] labels = [0, -1, 1, 0, 1, -1, 0, 1];
        Assert.DoesNotContain(new BatchSampler(labels, 2, 2, 0).Epoch(3), i => labels[i] < 0);
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public void A_batch_depends_on_seed_and_step_alone(bool labelled)
    {
        var store = LearningSets.Store();
        var options = ViewOptions.Environment with { MixShare = 0.5, BackgroundShare = 0.3 };
        BatchMaker one = Maker(store, options, labelled), other = Maker(store, options, labelled);
        TrainingBatch a = one.NewBatch(), b = other.NewBatch();
        for (int step = 0; step < 9; step++) one.Fill(step, a);
        other.Fill(8, b); // without the steps before
        Assert.Equal(a.Inputs, b.Inputs);
        Assert.Equal(a.Targets, b.Targets);
        Maker(store, options, labelled, seed: 6).Fill(8, b);
        Assert.NotEqual(a.Inputs, b.Inputs);
    }

    [Fact]
    public void Each_network_has_its_own_part_of_a_batch_and_the_first_has_what_it_would_have_alone()
    {
        var store = LearningSets.Store();
        var options = ViewOptions.Environment with { MixShare = 0.5 };
        BatchSampler Sampler(int seed) => new(LearningSets.Labels, 3, 2, seed);
        var one = new BatchMaker(store, options, [Sampler(5)], [.. Enumerable.Range(0, store.Count)], LearningSets.Labels, 4);
        var three = new BatchMaker(store, options, [Sampler(5), Sampler(6), Sampler(7)], [.. Enumerable.Range(0, store.Count)], LearningSets.Labels, 4);
        TrainingBatch alone = one.NewBatch(), together = three.NewBatch();
        one.Fill(7, alone);
        three.Fill(7, together);
        int inputs = alone.Inputs.Length, targets = alone.Targets.Length;
        Assert.Equal((3 * inputs, 3 * targets), (together.Inputs.Length, together.Targets.Length));
        Assert.Equal(alone.Inputs, together.Inputs[..inputs]);
        Assert.Equal(alone.Targets, together.Targets[..targets]);
        Assert.NotEqual(alone.Targets, together.Targets[targets..(2 * targets)]);
        Assert.NotEqual(together.Inputs[inputs..(2 * inputs)], together.Inputs[(2 * inputs)..]);
    }

    [Theory]
    [InlineData(1), InlineData(2), InlineData(3)]
    public void A_feed_gives_the_same_batches_in_order_with_any_number_of_threads(int threads)
    {
        var store = LearningSets.Store();
        var maker = Maker(store, ViewOptions.Environment);
        var expected = maker.NewBatch();
        using var feed = new BatchFeed(() => Maker(store, ViewOptions.Environment), first: 4, end: 24, threads);
        for (int step = 4; step < 24; step++)
        {
            var batch = feed.Next();
            maker.Fill(step, expected);
            Assert.Equal(step, batch.Step);
            Assert.Equal(expected.Inputs, batch.Inputs);
            feed.Return(batch);
        }
        Assert.Throws<InvalidOperationException>(() => feed.Next());
    }

    [Fact]
    public void A_feed_can_be_left_in_the_middle_and_passes_errors_on()
    {
        var store = LearningSets.Store();
        using (var feed = new BatchFeed(() => Maker(store, ViewOptions.Environment), 0, 1_000_000, 2)) feed.Return(feed.Next());
        using var broken = new BatchFeed(() => throw new SimSearchException("no such thing"), 0, 10);
        Assert.Contains("no such thing", Assert.Throws<SimSearchException>(() => broken.Next()).Message);
    }

    [Fact]
    public void Mixed_labels_add_up_to_one_and_name_what_was_mixed()
    {
        var store = LearningSets.Store();
        var maker = Maker(store, ViewOptions.Environment with { MixShare = 1 });
        var batch = maker.NewBatch();
        int shared = 0;
        for (int step = 0; step < 5; step++)
        {
            maker.Fill(step, batch);
            for (int v = 0; v < maker.Views; v++)
            {
                float[] row = batch.Targets[(v * 4)..(v * 4 + 4)];
                Assert.Equal(1, row.Sum(), 1e-6);
                if (row.Count(x => x > 0) == 2) shared++;
            }
        }
        Assert.InRange(shared, 8, 30);
    }

    [Fact]
    public void Without_labels_the_two_views_of_a_clip_share_a_target()
    {
        var maker = Maker(LearningSets.Store(), ViewOptions.Environment, labelled: false);
        var batch = maker.NewBatch();
        maker.Fill(0, batch);
        Assert.Equal(10, maker.Views);
        for (int v = 0; v < 10; v++)
            for (int c = 0; c < 5; c++) Assert.Equal(v % 5 == c ? 1 : 0, batch.Targets[v * 5 + c]);
        int half = batch.Inputs.Length / 2;
        Assert.NotEqual(batch.Inputs[..half], batch.Inputs[half..]);
    }
}
